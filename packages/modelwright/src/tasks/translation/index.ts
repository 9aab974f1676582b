export { generateDates } from './dates.js';
export { evaluateTranslator } from './evaluate.js';
export * from './options.js';
export { trainTranslator } from './train.js';
export { openTranslator, Translator, type TranslatorParts } from './translator.js';
