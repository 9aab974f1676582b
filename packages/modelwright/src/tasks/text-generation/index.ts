export { evaluateTextGenerator } from './evaluate.js';
export { openTextGenerator, TextGenerator, type TextGeneratorParts } from './generator.js';
export * from './options.js';
export { trainTextGenerator } from './train.js';
