import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StorageEngine } from '../../src/storage/engine.js';
import { LevelEngine } from '../../src/storage/engines/level/index.js';
import { MemoryEngine } from '../../src/storage/engines/memory/index.js';
import { FaultyEngine } from './storage-faulty-engine.js';

/** One set of data that a suite opens, closes and opens again. */
export interface EngineData {
  open(): Promise<StorageEngine>;
  remove(): Promise<void>;
}

export interface EngineUnderTest {
  readonly name: string;
  create(): Promise<EngineData>;
}

/** Rows in memory; closing does not lose them, so that suites can "restart". */
export const memoryUnderTest: EngineUnderTest = {
  name: 'memory',
  create: async () => {
    const engine = new MemoryEngine();
    return { open: async () => new FaultyEngine(engine, { keepOpen: true }), remove: () => engine.close() };
  },
};

export const levelUnderTest: EngineUnderTest = {
  name: 'level',
  create: async () => {
    const folder = await temporaryFolder();
    return { open: () => LevelEngine.open(join(folder, 'db')), remove: () => rm(folder, { recursive: true, force: true }) };
  },
};

/** The memory engine without synchronous reads, as an engine across a network is: objects are loaded at the start. */
export const eagerUnderTest: EngineUnderTest = {
  name: 'memory without synchronous reads',
  create: async () => {
    const engine = new MemoryEngine();
    return { open: async () => new FaultyEngine(engine, { keepOpen: true, syncReads: false }), remove: () => engine.close() };
  },
};

export function temporaryFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'kubette-storage-'));
}
