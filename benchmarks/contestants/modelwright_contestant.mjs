// Modelwright on ONNX Runtime's CPU provider, or with --webgpu on its WebGPU provider: training steps as fit takes them, predictions from the exported model.
import { availableParallelism } from 'node:os';
import {
  adam,
  CachedDecoder,
  conv2d,
  crossEntropy,
  ctcLoss,
  dense,
  digitsCnn,
  fcos,
  Graph,
  generate,
  gpt,
  gradients,
  input,
  lstm,
  meanSquaredError,
  NdArray,
  resnet18,
  sequential,
  speechRecognizer,
  TrainedModel,
  version,
} from 'modelwright';
import { trainTokenizer } from 'modelwright/data';
import { initialVariables, ortCpu, ortWebgpu, TrainingSession } from 'modelwright/internal';
import { corpus } from '../corpus.mjs';
import { serve } from './protocol.mjs';

const [device, runtime] = process.argv.includes('--webgpu') ? ['webgpu', ortWebgpu] : ['cpu', ortCpu];
const classes = 10;
const batches = 16;

function random(shape) {
  const array = new NdArray('float32', shape);
  for (let i = 0; i < array.size; i++) array.data[i] = Math.random();
  return array;
}

function labels(shape, count = classes) {
  const array = new NdArray('int32', shape);
  for (let i = 0; i < array.size; i++) array.data[i] = Math.floor(Math.random() * count);
  return array;
}

const training = (model, shape) => async () =>
  stepsOf(model, crossEntropy, () => ({ input: random(shape), target: labels([shape[0]]) }));

const recognizer = speechRecognizer({
  classes: classes + 1,
  spectrogram: { sampleRate: 8000, fftSize: 256, windowSize: 200, hop: 80, mels: 40, floor: 1e-6 },
  hide: { frequencyMasks: 0, timeMasks: 0 },
  warp: { stretch: 0, shift: 0 },
  dropoutRate: 0,
});

/** Sound whose labels, from 1, are learnt without knowing when each is said. */
const speech = async () =>
  stepsOf(recognizer, ctcLoss, () => {
    const target = labels([16, 5]);
    for (let i = 0; i < target.size; i++) target.data[i] += 1;
    return { input: random([16, 24_000]), target };
  });

/** A language model, on tokens drawn at random. */
const language = (shape, sizes) => async () => {
  const tokens = () => labels(shape, sizes.vocabulary);
  const model = gpt({ length: shape[1], ...sizes });
  return stepsOf(model, crossEntropy.with({ classAxis: -1 }), () => ({ input: tokens(), target: tokens() }));
};

/** Training steps on batches of examples, each in turn. */
async function stepsOf(model, loss, batch) {
  const data = Array.from({ length: batches }, batch);
  const types = { input: data[0].input, target: data[0].target };
  const session = await TrainingSession.open(
    {
      model,
      variables: initialVariables(model, types, 0),
      loss,
      metrics: [],
      optimizer: adam(1e-3),
      seed: 0,
      device,
    },
    data[0],
  );
  let step = 0;
  return {
    // As fit does: a step is sent before the one before it is done.
    ahead: true,
    async step() {
      const totals = { loss: 0, weight: 0, statistics: new Map() };
      const { finished } = await session.step([data[step % batches]], ++step, 1e-3, totals);
      return (await finished).loss;
    },
    release: () => session.close(),
  };
}

async function convolutionLayer() {
  const layer = conv2d(128, 3, { padding: 1, bias: false });
  const x = input('x', 'float32', [16, 64, 32, 32]);
  const weight = input('weight', 'float32', [128, 64, 3, 3]);
  const y = layer.apply({ weight }, x);
  const loss = y.mul(y).mean();
  const executable = await runtime.compile(new Graph([x, weight], [loss, ...gradients(loss, [x, weight])]));
  const arrays = [random([16, 64, 32, 32]), random([128, 64, 3, 3])];
  const outputs = [new NdArray('float32', []), ...arrays.map(({ shape }) => new NdArray('float32', shape))];
  return {
    step: async () => (await executable.run(arrays, outputs))[0].item(),
    release: () => executable.release(),
  };
}

/** A saved model's answer to one input. Its form goes with its loss: crossEntropy makes a classifier of it. */
const prediction =
  (model, shape, loss = crossEntropy) =>
  async () => {
    const types = { input: { dtype: 'float32', shape }, target: { dtype: 'int32', shape: [shape[0]] } };
    const { onnx } = new TrainedModel({
      model,
      variables: initialVariables(model, types, 0),
      history: { epochs: [] },
      loss,
      metrics: [],
      batchTypes: types,
      training: {},
    }).export();
    const executable = await runtime.open(onnx, { inference: true });
    const x = [random(shape)];
    return { step: async () => (await executable.run(x))[0].data[0], release: () => executable.release() };
  };

/** A whole sequence, token by token from one token of prompt, all of it the most likely one. */
const decoding = (length, sizes) => async () => {
  const model = gpt({ length, ...sizes });
  const types = { input: { dtype: 'int32', shape: [1, length] } };
  const decoder = await CachedDecoder.open(model, initialVariables(model, types, 0), {
    length,
    runtime,
  });
  return {
    async step() {
      let last = 0;
      for await (const token of generate(await decoder.start(), [1], { maxTokens: length })) last = token;
      return last;
    },
    release: () => decoder.release(),
  };
};

const tokenizerOptions = { kind: 'bpe', maximumSize: 4000 };

async function tokenizing() {
  const lines = corpus();
  const tokenizer = trainTokenizer(lines, tokenizerOptions);
  return { step: async () => lines.reduce((total, line) => total + tokenizer.encode(line).length, 0) };
}

async function tokenizerTraining() {
  const lines = corpus();
  return { step: async () => trainTokenizer(lines, tokenizerOptions).vocabularySize };
}

const gptSizes = { vocabulary: 65, width: 128, layers: 4, heads: 4 };

const mlp = sequential(
  dense(512, { activation: 'relu' }),
  dense(512, { activation: 'relu' }),
  dense(classes),
);

const sequenceClassifier = sequential(lstm(128, { return: 'last' }), dense(classes));

await serve({
  name: 'Modelwright',
  version,
  threads: availableParallelism(),
  rows: {
    'digit-cnn-64': training(digitsCnn({ classes }), [64, 1, 28, 28]),
    'digit-cnn-32': training(digitsCnn({ classes }), [32, 1, 28, 28]),
    'mlp-64': training(mlp, [64, 784]),
    'conv-layer': convolutionLayer,
    'resnet18-16': training(resnet18({ classes }), [16, 3, 64, 64]),
    'resnet18-64': training(resnet18({ classes }), [64, 3, 64, 64]),
    'lstm-32': training(sequenceClassifier, [32, 100, 64]),
    'speech-16': speech,
    transformer: language([16, 128], { vocabulary: 10_000, width: 256, layers: 4, heads: 4, tied: false }),
    'transformer-large': language([16, 256], {
      vocabulary: 10_000,
      width: 512,
      layers: 8,
      heads: 8,
      tied: false,
    }),
    gpt: language([12, 64], gptSizes),
    'gpt-rotary': language([12, 64], { ...gptSizes, positions: 'rotary' }),
    'gpt-unfused': language([12, 64], gptSizes),
    'predict-digit-cnn-1': prediction(digitsCnn({ classes }), [1, 1, 28, 28]),
    'predict-digit-cnn-64': prediction(digitsCnn({ classes }), [64, 1, 28, 28]),
    'predict-resnet18-1': prediction(resnet18({ classes }), [1, 3, 64, 64]),
    'predict-speech': prediction(recognizer, [1, 24_000], ctcLoss),
    'predict-detector': prediction(fcos({ classes: 3 }), [1, 3, 240, 320], meanSquaredError),
    decode: decoding(128, { vocabulary: 10_000, width: 256, layers: 4, heads: 4 }),
    tokenize: tokenizing,
    'tokenizer-train': tokenizerTraining,
  },
});
