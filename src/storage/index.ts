export * from './types.js';
export * from './key.js';
export { openStore, type StoreOptions } from './open-store.js';
export type { EngineTraits, Row, RowOperation, ScanRange, StorageEngine } from './engine.js';
export { openEngine, type EngineName } from './engines/index.js';
export { jsonCodec, type ObjectCodec } from './codec.js';
export type { RetentionOptions } from './retention.js';
