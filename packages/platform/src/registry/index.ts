export { checkOut } from './checkout.js';
export { requireName } from './names.js';
export {
  addVersion,
  type NewVersion,
  type PreparedVersion,
  type PublishingSettings,
  prepareVersion,
  publishVersion,
  trialLimits,
} from './publish.js';
export * from './query.js';
export { type Collected, collectGarbage, deleteVersion } from './remove.js';
export { openSigner, type Signer, signerOf } from './signature.js';
