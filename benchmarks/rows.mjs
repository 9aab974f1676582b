// What is timed. Every contestant builds the same networks, from its own random numbers, and trains on 16 batches of
// random inputs with random labels in turn, cross-entropy loss, Adam at 1e-3.
const digitCnn =
  'conv 3x3 32 relu, max-pool 2, conv 3x3 64 relu, max-pool 2, conv 3x3 64 relu, dense 64 relu, dense 10; 1x28x28';

// Those with `onlyNamed`, which are large, are left out unless they are named.
export const rows = [
  { name: 'digit-cnn-64', title: 'Digit CNN, training step, batch 64', what: digitCnn },
  { name: 'digit-cnn-32', title: 'Digit CNN, training step, batch 32', what: digitCnn },
  { name: 'mlp-64', title: 'MLP, training step, batch 64', what: 'dense 784-512-512-10, relu' },
  {
    name: 'conv-layer',
    title: 'One conv layer, forward and both gradients',
    what: '16x64x32x32, 128 filters 3x3, same padding, no bias; loss: the mean of the squared outputs; no optimiser',
  },
  {
    name: 'resnet18-16',
    title: 'ResNet-18, training step, batch 16',
    what: "torchvision's structure, 3x64x64, 10 classes, batch normalisation over the batch",
  },
  {
    name: 'resnet18-64',
    title: 'ResNet-18, training step, batch 64',
    what: 'the same network',
    onlyNamed: true,
  },
  {
    name: 'transformer',
    title: 'Transformer, training step, 16 x 128 tokens',
    what: 'language model: width 256, 4 layers, 4 heads, feed-forward 1,024, vocabulary 10,000',
  },
  {
    name: 'transformer-large',
    title: 'Transformer, training step, 16 x 256 tokens',
    what: 'language model: width 512, 8 layers, 8 heads, feed-forward 2,048, vocabulary 10,000',
    onlyNamed: true,
  },
  {
    name: 'gpt',
    title: 'GPT of nanoGPT on a CPU, training step, 12 x 64 tokens',
    what: 'language model: width 128, 4 layers, 4 heads, vocabulary 65, tied vectors',
  },
  {
    name: 'gpt-rotary',
    title: 'The same GPT with rotary positions',
    what: 'the row before; queries and keys are turned by their positions, which have no vectors',
  },
  {
    name: 'gpt-unfused',
    title: "GPT of nanoGPT, PyTorch's attention not fused",
    what: 'the GPT of nanoGPT; PyTorch computes attention by products and a softmax, as nanoGPT does without flash attention',
  },
  {
    name: 'lstm-32',
    title: 'LSTM, training step, batch 32',
    what: '100 steps of 64 features, 128 units, dense 10 on the last state',
  },
  {
    name: 'speech-16',
    title: 'Speech recogniser (CTC), training step, 16 x 3 s',
    what: '8 kHz sound, log mel spectrogram (40 rows, every 10 ms), three convolutions of 5 frames and 96 filters with batch normalisation, strides 2, 2, 1, GRU 128, ten classes and blank, five labels a sound',
  },
  { name: 'predict-digit-cnn-1', title: 'Digit CNN, prediction, batch 1', what: digitCnn },
  { name: 'predict-digit-cnn-64', title: 'Digit CNN, prediction, batch 64', what: digitCnn },
  { name: 'predict-resnet18-1', title: 'ResNet-18, prediction, batch 1', what: '3x64x64' },
  {
    name: 'predict-speech',
    title: 'Speech recogniser, 3 s of sound, batch 1',
    what: 'the network of the training row, spectrogram included; milliseconds / 3,000 is the real-time factor',
  },
  {
    name: 'predict-detector',
    title: 'Object detector (FCOS), prediction, one picture of 320x240',
    what: 'residual network, pyramid and towers, 1.1 million parameters; what it says of 1,575 points, suppression of boxes apart',
  },
  {
    name: 'decode',
    title: 'GPT, 128 tokens one by one, batch 1',
    what: 'the Transformer of the training row with tied vectors, keys and values cached, greedy; milliseconds for all 128 tokens',
  },
  {
    name: 'tokenize',
    title: 'Byte-level BPE, 1 MB of text as tokens',
    what: "4,000 tokens, learned from the same text: this repository's sources, line by line",
  },
  {
    name: 'tokenizer-train',
    title: 'Byte-level BPE, learned from 1 MB of text',
    what: 'the same text, 4,000 tokens, pairs that occur at least twice',
  },
];
