export * from './browser.js';
export * from './files.js';
export * from './labelled.js';
