import type { NdArray } from '../graph/array.js';
import { Graph } from '../graph/graph.js';
import type { Shape } from '../graph/shape.js';
import { input, type Tensor } from '../graph/tensor.js';
import { entries, unflatten } from '../graph/tree.js';
import type { ArrayTree, TensorTree, Variables } from '../nn/context.js';
import { type Loss, lossToJson } from '../nn/losses/index.js';
import { isRegistered, metricToJson } from '../nn/metrics/index.js';
import { layerToJson } from '../nn/registry.js';
import { encodeModel } from '../onnx/encode.js';
import { cast, clip, constant, resize, round, sigmoid, softmax } from '../primitives/index.js';
import { historyToJson } from '../report/history.js';
import type { ModelConfig, TensorSpec } from '../saved/config.js';
import { simplify } from '../transforms/simplify.js';
import { version } from '../version.js';
import { detectionForm, isDetector } from './detectionForm.js';
import { modelInput } from './modelInput.js';
import { inputNamesOf } from './step.js';
import type { TrainedModel } from './trained.js';

/** A model as the files of a folder hold it. */
export interface ExportedModel {
  readonly config: ModelConfig;
  /** Parameters and state by name, such as `0.weight`. */
  readonly tensors: ReadonlyMap<string, NdArray>;
  /** The model for inference, with standard operators only, open in the batch, its preprocessing included. */
  readonly onnx: Uint8Array<ArrayBuffer>;
}

/** What a saved model gives, where its loss does not tell. */
export interface ExportForm {
  /** Task as Hugging Face names it. */
  readonly task: string;
  /** Whether the one input is a picture, uint8 [batch, channels, height, width]: then the saved model takes any height and width. */
  readonly takesPicture?: boolean;
  /** The outputs by name, made of what the network gives. */
  readonly outputs: (output: Tensor) => Readonly<Record<string, Tensor>>;
}

/** What a model takes and gives once it is saved. */
export interface SavedForm {
  readonly task: string;
  readonly inputs: readonly Tensor[];
  readonly outputs: Readonly<Record<string, Tensor>>;
  readonly preprocessing?: ModelConfig['preprocessing'];
}

/**
 * A trained model as standard files. A classifier of pictures takes `image` uint8 [batch, channels, height, width] of any size
 * and gives `probabilities` [batch, classes]; a detector takes such images too and gives `boxes`, `scores` and `classes`; any other
 * model takes and gives what it does in training, unless a form is given.
 */
export function exportModel(trained: TrainedModel, wanted?: ExportForm): ExportedModel {
  const named = [
    ...entries<NdArray>(trained.variables.parameters),
    ...entries<NdArray>(trained.variables.state),
  ];
  const stands = named.map(([name, { dtype, shape }]) => input(name, dtype, shape));
  const initializers = new Map(
    stands.map((tensor, i) => [tensor, { name: named[i]![0], value: named[i]![1] }]),
  );
  const count = entries<NdArray>(trained.variables.parameters).length;
  const parameters = unflatten(trained.variables.parameters, stands.slice(0, count)) as TensorTree;
  const state = unflatten(trained.variables.state, stands.slice(count)) as TensorTree;
  const form =
    !wanted && isDetector(trained)
      ? detectionForm(trained, parameters, state)
      : savedForm(
          trained,
          parameters,
          state,
          wanted ?? (isImageClassifier(trained) ? classifier : undefined),
        );
  const outputNames = Object.keys(form.outputs);
  const graph = simplify(new Graph([...stands, ...form.inputs], Object.values(form.outputs)));
  const spec = ({ dtype, shape }: Tensor, name: string): TensorSpec => ({ name, dtype, shape });
  return {
    tensors: new Map(named),
    onnx: encodeModel(graph, {
      name: form.task,
      outputNames,
      initializers,
      metadata: { modelwright: version },
    }),
    config: {
      modelwright: { format: 1, version },
      task: form.task,
      inputs: form.inputs.map((tensor) => spec(tensor, tensor.label!)),
      outputs: outputNames.map((name) => spec(form.outputs[name]!, name)),
      ...(trained.classNames && { labels: trained.classNames }),
      architecture: layerToJson(trained.model),
      ...(form.preprocessing && { preprocessing: form.preprocessing }),
      training: trainingJson(trained),
    },
  };
}

function isImageClassifier({ batchTypes, loss }: TrainedModel): boolean {
  const { input: image, ...others } = batchTypes;
  const onlyOne = Object.keys(others).every((name) => name === 'target' || name === 'weight');
  return onlyOne && image?.dtype === 'uint8' && image.shape.length === 4 && loss.name === 'crossEntropy';
}

const classifier: ExportForm = {
  task: 'image-classification',
  takesPicture: true,
  outputs: (logits) => ({ probabilities: softmax(logits) }),
};

function savedForm(
  trained: TrainedModel,
  parameters: TensorTree,
  state: TensorTree,
  form: ExportForm | undefined,
): SavedForm {
  if (!form) return plainForm(trained, parameters, state);
  if (form.takesPicture) return imageForm(trained, parameters, state, form);
  const inputs = openInputs(trained);
  const output = trained.model.apply(parameters, modelInput(trained.model, inputs), { state });
  return { task: form.task, inputs, outputs: form.outputs(output) };
}

/** The picture is resized as the training's pictures were, to whole pixel values. */
function imageForm(
  { model, batchTypes }: TrainedModel,
  parameters: TensorTree,
  state: TensorTree,
  { task, outputs }: ExportForm,
): SavedForm {
  const [, channels, height, width] = batchTypes.input!.shape as number[];
  const image = input('image', 'uint8', ['batch', channels!, 'height', 'width']);
  const pixels = clip(round(resize(cast(image, 'float32'), [height!, width!])), 0, 255);
  const output = model.apply(parameters, modelInput(model, [cast(pixels, 'uint8')]), { state });
  return {
    task,
    inputs: [image],
    outputs: outputs(output),
    preprocessing: { channels: channels!, height: height!, width: width! },
  };
}

function plainForm(trained: TrainedModel, parameters: TensorTree, state: TensorTree): SavedForm {
  const { model, loss } = trained;
  const inputs = openInputs(trained);
  const output = model.apply(parameters, modelInput(model, inputs), { state });
  const table = inputs.length === 1 && inputs[0]!.rank === 2;
  switch (loss.name) {
    case 'crossEntropy':
      return {
        task: table ? 'tabular-classification' : 'other',
        inputs,
        outputs: { probabilities: softmax(output, classAxisOf(loss)) },
      };
    case 'binaryCrossEntropy':
      return {
        task: table ? 'tabular-classification' : 'other',
        inputs,
        outputs: { probabilities: sigmoid(output) },
      };
    default:
      return { task: table ? 'tabular-regression' : 'other', inputs, outputs: { prediction: output } };
  }
}

/** Where the classes lie in what a classifier gives. */
function classAxisOf(loss: Loss): number {
  const { classAxis = 1 } = lossToJson(loss).config as { readonly classAxis?: number };
  return classAxis;
}

const openBatch = (shape: Shape): Shape => shape.with(0, 'batch');

/** The inputs of a model, for a batch of any size. */
function openInputs({ batchTypes }: TrainedModel): Tensor[] {
  return inputNamesOf(batchTypes).map((name) =>
    input(name, batchTypes[name]!.dtype, openBatch(batchTypes[name]!.shape)),
  );
}

/** The raw output of a model for a batch of any size, its parameters constants of the graph. */
export function predictionGraph(trained: TrainedModel): Graph {
  const { model, variables } = trained;
  const constants = (tree: ArrayTree): TensorTree =>
    unflatten(
      tree,
      entries<NdArray>(tree).map(([, array]) => constant(array)),
    ) as TensorTree;
  const inputs = openInputs(trained);
  const { parameters, state }: Record<keyof Variables, TensorTree> = {
    parameters: constants(variables.parameters),
    state: constants(variables.state),
  };
  return new Graph(inputs, [model.apply(parameters, modelInput(model, inputs), { state })]);
}

/** What `load` needs to make the model whole again. */
function trainingJson({
  training,
  history,
  batchTypes,
  metrics,
  loss,
}: TrainedModel): NonNullable<ModelConfig['training']> {
  const content = {
    ...training,
    loss: lossToJson(loss),
    metrics: metrics.filter(isRegistered).map(metricToJson),
    batchTypes,
    history: JSON.parse(historyToJson(history)) as unknown,
  };
  return JSON.parse(JSON.stringify(content)) as NonNullable<ModelConfig['training']>;
}
