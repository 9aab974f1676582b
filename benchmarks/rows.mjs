// What is timed. Every contestant builds the same networks, from its own random numbers, and trains on 16 batches of
// random inputs with random labels in turn, cross-entropy loss, Adam at 1e-3.
const digitCnn =
  'conv 3x3 32 relu, max-pool 2, conv 3x3 64 relu, max-pool 2, conv 3x3 64 relu, dense 64 relu, dense 10; 1x28x28';

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
  { name: 'predict-digit-cnn-1', title: 'Digit CNN, prediction, batch 1', what: digitCnn },
  { name: 'predict-digit-cnn-64', title: 'Digit CNN, prediction, batch 64', what: digitCnn },
  { name: 'predict-resnet18-1', title: 'ResNet-18, prediction, batch 1', what: '3x64x64' },
];
