/** What of the audio room also runs in a browser. */
export * from './augment.js';
export * from './clip.js';
export * from './decode.js';
export * from './join.js';
export { type Fields, fieldCondition, namePattern } from './namePattern.js';
export { PcmReader } from './pcm.js';
export { digitPhones, type Phone, type PhoneName, phones } from './phones.js';
export * from './resample.js';
export * from './synthesis.js';
export { checkWav, encodeWav } from './wav.js';
