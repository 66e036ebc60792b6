import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Images, StageDeclaration } from '../index.js';
import { fileName, reasonOf, UsageError, UserError } from './usage-error.js';

/** Images of a file: YAML (or JSON), or a JavaScript module whose default export maps patterns to programs. */
export async function loadImages(file: string | undefined): Promise<Images | undefined> {
  if (file === undefined) return undefined;
  const value = /\.(ya?ml|json)$/.test(file) ? (await import('./yaml-file.js')).readYaml(file, 'images') : await importDefault(file);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new UsageError(`${file} does not map image patterns to programs`);
  return value as Images;
}

/** Stages of a YAML (or JSON) file: a list, or one alone. */
export async function loadStages(file: string | undefined): Promise<readonly StageDeclaration[] | undefined> {
  if (file === undefined) return undefined;
  const value = (await import('./yaml-file.js')).readYaml(file, 'stages');
  if (typeof value !== 'object' || value === null) throw new UsageError(`${fileName(file)} holds no list of stages`);
  return (Array.isArray(value) ? value : [value]) as StageDeclaration[];
}

/** A KubeSchedulerConfiguration, YAML or JSON, as it stands in the file. */
export async function loadSchedulerConfig(file: string | undefined): Promise<unknown> {
  return file === undefined ? undefined : (await import('./yaml-file.js')).readYaml(file, 'scheduler configuration');
}

async function importDefault(file: string): Promise<unknown> {
  try {
    return ((await import(pathToFileURL(resolve(file)).href)) as { default?: unknown }).default;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') throw new UserError(`cannot load the images of ${file}: ${reasonOf(error)}`);
    throw new UsageError(`${file} is no module that can be loaded: ${(error as Error).message.split('\n')[0]}`);
  }
}
