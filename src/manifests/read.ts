import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ApiError } from '../api/errors.js';
import type { AnyObject } from '../api/object.js';
import { parseManifests } from './parse.js';

/** What keeps manifests from being loaded; the message is one sentence and names the file or the object. */
export class LoadError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'LoadError';
  }
}

const MANIFEST = /\.(ya?ml|json)$/;

/** The objects of a file, or of all YAML and JSON files below a folder by their names. Throws LoadError. */
export function readManifests(path: string): AnyObject[] {
  return manifestFiles(path).flatMap((file) => {
    try {
      return parseManifests(readFileSync(file, 'utf8'));
    } catch (error) {
      throw new LoadError(error instanceof ApiError ? `${file}: ${error.message}` : cannotRead(file, error));
    }
  });
}

function manifestFiles(path: string): string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
    return readdirSync(path, { withFileTypes: true })
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap((entry) => (entry.isDirectory() ? manifestFiles(join(path, entry.name)) : MANIFEST.test(entry.name) ? [join(path, entry.name)] : []));
  } catch (error) {
    throw error instanceof LoadError ? error : new LoadError(cannotRead(path, error));
  }
}

function cannotRead(path: string, error: unknown): string {
  return `cannot read ${path}: ${(error as Error).message.replace(/^[A-Z]+: /, '').replace(/, \w+( '.*)?$/s, '')}`;
}
