import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Files of facts about Kubernetes in `openapi/`. */
export type FactName = 'resources' | 'schemas' | 'paths' | 'protobuf' | 'go-types' | 'definitions' | 'parameters' | 'defaults' | 'bootstrap';

let folder: string | undefined;

/**
 * Reads and parses `openapi/NAME.json`. Callers keep what they get: nothing is cached here.
 * The folder is looked for upwards from this file, so it is found from the sources and from a bundle beside it.
 */
export function loadFact(name: FactName): unknown {
  return JSON.parse(factText(name));
}

/** The same, not parsed. */
export function factText(name: FactName): string {
  return readFileSync(join(factsFolder(), `${name}.json`), 'utf8');
}

/** Where the facts are. */
export function factsFolder(): string {
  return (folder ??= findFolder());
}

function findFolder(): string {
  const start = dirname(fileURLToPath(import.meta.url));
  for (let here = start; ; here = dirname(here)) {
    const candidate = join(here, 'openapi');
    if (existsSync(join(candidate, 'resources.json'))) return candidate;
    if (dirname(here) === here) throw new Error(`no openapi folder above ${start}`);
  }
}

/** A value that is made on first use. */
export function lazy<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
