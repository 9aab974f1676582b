export { type BleuOptions, type BleuScore, bleu } from './bleu.js';
export { type ChrfOptions, chrf } from './chrf.js';
export {
  convertTags,
  type Entity,
  type EntityReport,
  entitiesOf,
  entityScores,
  type TagScheme,
  tagsOf,
} from './entities.js';
export { type EntityConfusions, type EntityOutcomes, entityConfusions } from './entityConfusions.js';
export { alignItems, characterErrorRate, type Edit, type ErrorRate, wordErrorRate } from './errorRate.js';
export { bitsPerCharacter, perplexity } from './perplexity.js';
export { type BleuTokenization, bleuTokens } from './tokenize.js';
