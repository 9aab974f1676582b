export * from './browser.js';
export * from './catalogue.js';
export * from './download.js';
export * from './idx.js';
export * from './mnist.js';
