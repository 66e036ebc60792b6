import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { factsFolder } from '../../schema/facts.js';

/**
 * Descriptions of definitions, fields and parameters. They are read out of client-node's typings when the package is
 * built (scripts/generate-prose.mjs); documents made from sources without that file have no descriptions.
 */
export interface Prose {
  /** By definition: what the definition says of itself under '', of its properties under their names. */
  readonly definitions: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** By key of openapi/parameters.json. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** Reads the prose; nobody keeps it: documents are made seldom, and kept as bytes. */
export function loadProse(): Prose {
  const file = join(factsFolder(), 'prose.json.br');
  if (!existsSync(file)) return { definitions: {}, parameters: {} };
  return JSON.parse(brotliDecompressSync(readFileSync(file)).toString('utf8')) as Prose;
}

export function describeParameter(prose: Prose, key: string): string | undefined {
  if (key.startsWith('name:')) return `name of the ${key.slice('name:'.length)}`;
  return Object.hasOwn(prose.parameters, key) ? prose.parameters[key] : undefined;
}
