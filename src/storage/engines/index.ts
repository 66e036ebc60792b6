import type { StorageEngine } from '../engine.js';
import { MemoryEngine } from './memory/index.js';

export type EngineName = 'memory' | 'level';

/** Opens an engine by name. `location` is the folder of engines that need one. */
export async function openEngine(name: EngineName, options: { location?: string | undefined }): Promise<StorageEngine> {
  switch (name) {
    case 'memory':
      return new MemoryEngine();
    case 'level': {
      if (!options.location) throw new TypeError("the engine 'level' needs a location");
      // Loaded on demand: a cluster in memory needs no native addon.
      const { LevelEngine } = await import('./level/index.js');
      return LevelEngine.open(options.location);
    }
  }
}
