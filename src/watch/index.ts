export type * from './types.js';
export { WatchCache, type WatchCacheOptions } from './watch-cache.js';
