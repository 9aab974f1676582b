// A trained model as a folder, and back. In Node.
import { basename, resolve } from 'node:path';
import { NdArray } from '../graph/array.js';
import { formatShape, sameShape } from '../graph/shape.js';
import type { ArrayTree } from '../nn/context.js';
import { type LossJson, lossFromJson } from '../nn/losses/index.js';
import { type MetricJson, metricFromJson } from '../nn/metrics/index.js';
import '../importer/onnxGraph.js';
import { layerFromJson } from '../nn/registry.js';
import { summarize } from '../nn/summarize.js';
import {
  confusionMatrixSvg,
  curvesSvg,
  historyFromJson,
  type ModelCardInfo,
  modelCard,
} from '../report/index.js';
import { type JsonObject, readModelFolder, writeModelFolder } from '../saved/index.js';
import { version } from '../version.js';
import { initialVariables, modelInputTypes } from './modelInput.js';
import type { SaveOptions } from './platform.js';
import type { BatchTypes } from './step.js';
import { TrainedModel, type TrainingRecord } from './trained.js';

/** Writes a trained model's folder: the model, its card, and the pictures in the card. */
export async function saveModel(
  trained: TrainedModel,
  directory: string,
  options: SaveOptions,
): Promise<void> {
  const exported = trained.export(options.form);
  const { evaluation, language = 'en', task, preprocessing } = options;
  const config = {
    ...exported.config,
    ...(task && { task }),
    ...(preprocessing && { preprocessing }),
    ...(evaluation && { evaluation: evaluationJson(evaluation) }),
  };
  const files: Record<string, string | Uint8Array> = { ...options.files };
  const pictures = [...(options.pictures ?? [])];
  if (trained.history.epochs.length > 0) {
    files['curves.svg'] = await curvesSvg(trained.history, { language });
    pictures.push({ file: 'curves.svg', caption: 'Loss and metrics over the epochs' });
  }
  if (evaluation?.confusionMatrix) {
    const names = trained.classNames ?? evaluation.confusionMatrix.map((_, index) => String(index));
    files['confusion-matrix.svg'] = await confusionMatrixSvg(
      evaluation.confusionMatrix.map((row) => [...row]),
      names,
      { language },
    );
    pictures.push({ file: 'confusion-matrix.svg', caption: `Confusion matrix on ${evaluation.data}` });
  }
  files['README.md'] = modelCard(cardInfo(trained, config, options, directory, pictures));
  await writeModelFolder(directory, { ...exported, config, files });
}

/** What was measured, without the tables of the report. */
const evaluationJson = ({ data, examples, metrics }: NonNullable<SaveOptions['evaluation']>): JsonObject => ({
  data,
  examples,
  metrics,
});

function cardInfo(
  trained: TrainedModel,
  config: ReturnType<TrainedModel['export']>['config'],
  options: SaveOptions,
  directory: string,
  pictures: ModelCardInfo['pictures'],
): ModelCardInfo {
  const { training, batchTypes, model, history } = trained;
  const { validation } = history.epochs[(training.bestEpoch ?? history.epochs.length) - 1] ?? {};
  const { evaluation } = options;
  return {
    name: options.name ?? basename(resolve(directory)),
    task: config.task,
    description: options.description ?? `Trained with Modelwright for the task ${config.task}.`,
    ...(options.license !== undefined && { license: options.license }),
    ...(options.sampleInput !== undefined && { sampleInput: options.sampleInput }),
    inputs: config.inputs,
    outputs: config.outputs,
    trainingData: {
      name: options.data ?? 'training data',
      examples: training.examples,
      fingerprint: training.fingerprint,
      ...(trained.classNames && { classes: trained.classNames }),
    },
    training: {
      hyperParameters: {
        optimizer: training.optimizer,
        learningRate: training.learningRate,
        batchSize: training.batchSize,
        loss: training.loss,
      },
      seed: training.seed,
      epochs: training.epochs,
      ...(training.bestEpoch !== undefined && { bestEpoch: training.bestEpoch }),
      device: training.device === 'cpu' ? `CPU, ${training.workers} worker(s)` : training.device,
      seconds: training.seconds,
    },
    results: evaluation
      ? [
          {
            dataset: { name: evaluation.data, split: 'test', examples: evaluation.examples },
            metrics: evaluation.metrics,
          },
        ]
      : validation
        ? [{ dataset: { name: options.data ?? 'training data', split: 'validation' }, metrics: validation }]
        : [],
    ...(pictures && { pictures }),
    layers: summarize(model, modelInputTypes(model, closed(batchTypes))),
    software: { modelwright: version, node: process.versions.node },
    limitations:
      options.limitations ??
      'It was measured on the data named above and on nothing else. Test it on data like yours before relying on it.',
  };
}

/** How long a sequence is where nothing says so, in the table of layers; of sound, how many samples. */
const sampleLength = 8;
const sampleSamples = 16_000;

/** The types of a batch with a size for what is open, such as the length of texts. */
function closed(types: BatchTypes): BatchTypes {
  return Object.fromEntries(
    Object.entries(types).map(([name, { dtype, shape }]) => [
      name,
      {
        dtype,
        shape: shape.map((size) =>
          typeof size === 'number' ? size : size === 'samples' ? sampleSamples : sampleLength,
        ),
      },
    ]),
  );
}

/**
 * Opens a saved model for prediction, evaluation and further training: `fit(loaded.model, data, { variables: loaded.variables, ... })`.
 * @throws Error naming the file that is missing, damaged, or of a newer version
 */
export async function load(directory: string): Promise<TrainedModel> {
  const folder = await readModelFolder(directory);
  const { config } = folder;
  if (!config.architecture || !config.training) {
    throw new Error(
      `${directory}: config.json does not hold the layers, so this model can be run but not trained further. Use openModel().`,
    );
  }
  const { loss, metrics, batchTypes, history, ...training } = config.training as unknown as SavedTraining;
  const model = layerFromJson(config.architecture);
  const fresh = initialVariables(model, batchTypes, 0);
  const tensors = await folder.readTensors();
  const fill = (tree: ArrayTree, path: string): ArrayTree =>
    Object.fromEntries(
      Object.entries(tree).map(([name, value]) => {
        const place = path === '' ? name : `${path}.${name}`;
        if (!(value instanceof NdArray)) return [name, fill(value, place)];
        const found = tensors.get(place);
        if (!found)
          throw new Error(
            `${directory}: model.safetensors lacks '${place}', which the layers in config.json ask for.`,
          );
        if (!sameShape(found.shape, value.shape)) {
          throw new Error(
            `${directory}: '${place}' is ${formatShape(found.shape)} in model.safetensors, but the layers in config.json ask for ${formatShape(value.shape)}.`,
          );
        }
        return [name, found];
      }),
    );
  return new TrainedModel({
    model,
    variables: { parameters: fill(fresh.parameters, ''), state: fill(fresh.state, '') },
    history: historyFromJson(JSON.stringify(history)),
    loss: lossFromJson(loss),
    metrics: metrics.map(metricFromJson),
    batchTypes,
    classNames: config.labels,
    training: { ...training, loss: loss.type },
  });
}

interface SavedTraining extends Omit<TrainingRecord, 'loss'> {
  readonly loss: LossJson;
  readonly metrics: readonly MetricJson[];
  readonly batchTypes: BatchTypes;
  readonly history: unknown;
}
