import type { Tensor } from '../../graph/tensor.js';
import { Layer } from '../layer.js';

/** Layers ready to be called on tensors. */
export type Callable<Children extends Readonly<Record<string, Layer>>> = {
  readonly [Name in keyof Children]: (...inputs: Tensor[]) => Tensor;
};

/**
 * A layer made of a function over others, for whatever the ready-made ones cannot say: several inputs, weights used twice,
 * attention to earlier results.
 *
 *     compose({ encode: dense(64), decide: dense(1) }, ({ encode, decide }, left, right) =>
 *       decide(encode(left).sub(encode(right)).abs()))
 *
 * A child called twice uses its parameters twice. Parameters are named by child. A function cannot be written as JSON: a model
 * with a composition in it is saved only after registering it as a kind of layer with defineLayer().
 */
export function compose<Children extends Readonly<Record<string, Layer>>>(
  children: Children,
  fn: (children: Callable<Children>, ...inputs: Tensor[]) => Tensor,
): Layer {
  return new Layer<unknown>('compose', children, (context, _config, ...inputs) => {
    const callable = Object.fromEntries(
      Object.entries(children).map(([name, child]) => [
        name,
        (...x: Tensor[]) => child.call(context.child(name), ...x),
      ]),
    );
    return fn(callable as Callable<Children>, ...inputs);
  });
}
