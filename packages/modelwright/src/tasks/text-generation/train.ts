import { type Tokenizer, trainTokenizer } from '../../data/text/index.js';
import { exportDecoder } from '../../nn/decoding/index.js';
import { crossEntropy } from '../../nn/losses/index.js';
import { gpt } from '../../nn/networks/index.js';
import { adamW, cosineDecay } from '../../optim/index.js';
import { checkModelDestination } from '../../saved/folder.js';
import type { TrainedModel } from '../../train/trained.js';
import type { TrainResult } from '../events.js';
import { finishTraining, trainNetwork, withOpenTime } from '../trainNetwork.js';
import { measuredBlocks, trainingBlocks } from './blocks.js';
import { countCharacters, measureText } from './evaluate.js';
import type { TextGenerationTrainOptions } from './options.js';
import { samplePrompts, samplesOf, samplesText } from './samples.js';
import { taskName } from './saved.js';
import { type GenerationSettings, settingsOf } from './settings.js';
import { chunksOf, encodeText, holdOutEnd, openText } from './text.js';

/**
 * Trains a GPT to go on with texts like the one given, measures it on the end of the text, which it has not seen, and saves it
 * with its tokenizer, a model card with samples, and `onnx/step.onnx`, the graph that makes a token from cached keys and values.
 * @throws Error when the text cannot be read or is too short, an option is out of range, or the folder to save in holds
 *   something else
 */
export async function trainTextGenerator(options: TextGenerationTrainOptions): Promise<TrainResult> {
  const { data, out } = options;
  const settings = settingsOf(options);
  await checkModelDestination(out);
  const started = performance.now();
  const { train, held } = holdOutEnd(await openText(data), settings.validationSplit);
  const tokenizer = trainTokenizer(chunksOf(train), {
    kind: settings.tokenizer,
    maximumSize: settings.vocabularySize,
    clean: { collapse: false },
  });
  const heldTokens = encodeText(held, tokenizer);
  const trained = await trainGpt(encodeText(train, tokenizer), heldTokens, {
    options,
    settings,
    vocabulary: tokenizer.vocabularySize,
  });
  const measured = { tokens: heldTokens, characters: countCharacters(held) };
  const metrics = await measureText(trained, measured, { ...settings, device: options.device });
  const evaluation = { data: `${data} (held out)`, examples: heldTokens.length, metrics };
  await save(trained, { options, settings, tokenizer, held, evaluation });
  return finishTraining(options, {
    task: taskName,
    model: 'gpt',
    metrics,
    epochs: trained.history.epochs.length,
    started,
  });
}

interface GptTraining {
  readonly options: TextGenerationTrainOptions;
  readonly settings: GenerationSettings;
  readonly vocabulary: number;
}

async function trainGpt(
  train: Int32Array,
  held: Int32Array,
  { options, settings, vocabulary }: GptTraining,
): Promise<TrainedModel> {
  const { layers, heads, width, blockSize, dropout, epochs, stepsPerEpoch, batchSize } = settings;
  const batches = trainingBlocks(train, { ...settings, length: stepsPerEpoch });
  const schedule = cosineDecay(settings.learningRate, {
    steps: settings.iterations,
    warmup: settings.warmup,
    minimum: settings.minimumLearningRate,
  });
  const model = gpt({
    vocabulary,
    length: blockSize,
    width,
    layers,
    heads,
    dropoutRate: dropout,
    positions: settings.positions,
    bias: false,
  });
  const trained = await trainNetwork(
    model,
    batches,
    {
      loss: crossEntropy.with({ classAxis: -1 }),
      optimizer: adamW(schedule, { beta2: 0.99, weightDecay: settings.weightDecay }),
      clipNorm: 1,
      epochs,
      batchSize,
      validation: measuredBlocks(held, { blockSize, batchSize: 64 }),
      keepBest: { metric: 'loss' },
      average: averageDecay(settings.iterations),
    },
    { options, model: 'gpt', examples: { train: train.length, validation: held.length } },
  );
  return withOpenTime(trained, ['input_ids', 'target']);
}

/** The running average of the parameters spans a twentieth of the training: what the last steps throw up and down evens out. */
const averageDecay = (iterations: number): number => Math.max(0, 1 - 20 / iterations);

interface Saving {
  readonly options: TextGenerationTrainOptions;
  readonly settings: GenerationSettings;
  readonly tokenizer: Tokenizer;
  readonly held: string;
  readonly evaluation: {
    readonly data: string;
    readonly examples: number;
    readonly metrics: Readonly<Record<string, number>>;
  };
}

async function save(trained: TrainedModel, saving: Saving): Promise<void> {
  const { options, settings, tokenizer, held, evaluation } = saving;
  const { blockSize, validationSplit } = settings;
  const { model, variables } = trained;
  const prompts = samplePrompts(held, tokenizer);
  const samples = await samplesOf({ model, variables, tokenizer, blockSize }, prompts);
  const tokens = tokenizer.kind === 'bpe' ? 'pieces of words (byte-level BPE)' : 'characters';
  await trained.save(options.out, {
    data: options.data,
    task: taskName,
    description:
      `Goes on with a text: a GPT of ${settings.layers} layers and width ${settings.width} that looks back on ${blockSize} tokens. ` +
      `Tokens are ${tokens}.${samples.length > 0 ? `\n\n${samplesText(samples)}` : ''}`,
    ...(prompts[0] !== undefined && { sampleInput: prompts[0] }),
    evaluation,
    limitations:
      'It repeats the manner of its text, prejudices included, and knows nothing of what is true. Do not take what it writes for facts.',
    preprocessing: { blockSize, validationSplit, vocabularySize: tokenizer.vocabularySize },
    files: { ...tokenizer.files(), 'onnx/step.onnx': exportDecoder(model, variables).step },
  });
}
