// A training runs where this is imported: in Node.
import '../train/node.js';

export * from './image-classification/index.js';
