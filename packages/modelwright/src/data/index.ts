export * from './browser.js';
export * from './catalogue.js';
export * from './download.js';
export * from './idx.js';
export * from './image-folder.js';
export * from './images.js';
export * from './mnist.js';
export * from './text/index.js';
