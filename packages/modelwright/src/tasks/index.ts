export * from './image-classification/index.js';
