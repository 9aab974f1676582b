import { spread } from '../../primitives/define.js';
import type { Layer } from '../layer.js';
import { defineLayer } from '../registry.js';
import { dense } from './dense.js';

const make = defineLayer<{ readonly layers: readonly Layer[] }>({
  type: 'sequential',
  call: (context, { layers }, ...inputs) => {
    const [first, ...rest] = layers;
    if (!first) throw new TypeError('sequential: there are no layers in it.');
    const start = first.call(context.child('0'), ...inputs);
    return rest.reduce((x, layer, position) => layer.call(context.child(String(position + 1)), x), start);
  },
  samples: () => [
    {
      name: 'sequential',
      config: { layers: [dense(4, { activation: 'tanh' }), dense(2)] },
      inputs: [spread([3, 5])],
    },
  ],
});

/** Layers one after another, each given what the one before it made. Their parameters are named by position: '0', '1', ... */
export function sequential(...layers: Layer[]): Layer {
  return make({ layers });
}
