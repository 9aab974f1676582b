export * from './checkpoint.js';
export * from './end.js';
export * from './lease.js';
export * from './query.js';
export * from './submit.js';
export * from './work.js';
