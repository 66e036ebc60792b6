import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Controller } from '../index.js';
import { UsageError } from './usage-error.js';

/**
 * The value of --controllers: names as kube-controller-manager's flag takes them, and files whose default export is a
 * controller, a list of them, or a function that makes either. Throws UsageError for a file that gives none.
 */
export async function parseControllers(text: string): Promise<Array<string | Controller>> {
  const entries: Array<string | Controller> = [];
  const origins = new Map<string, string>();
  for (const entry of text.split(',')) {
    if (!isFile(entry)) {
      entries.push(entry);
      continue;
    }
    for (const controller of await load(entry)) {
      const other = origins.get(controller.name);
      if (other !== undefined) throw new UsageError(`--controllers: ${other} and ${entry} both have a controller named "${controller.name}"`);
      origins.set(controller.name, entry);
      entries.push(controller);
    }
  }
  return entries;
}

/** No name of a controller has a slash or ends as a module does. */
function isFile(entry: string): boolean {
  return /[\\/]|\.[cm]?js$/.test(entry);
}

async function load(file: string): Promise<Controller[]> {
  const path = resolve(file);
  if (!existsSync(path)) throw new UsageError(`--controllers: there is no file ${file}`);
  try {
    const module = (await import(pathToFileURL(path).href)) as { default?: unknown };
    const exported: unknown = typeof module.default === 'function' ? await (module.default as () => unknown)() : module.default;
    const all: unknown[] = Array.isArray(exported) ? exported : [exported];
    if (all.length > 0 && all.every(isController)) return all;
  } catch (error) {
    throw new UsageError(`--controllers: cannot load ${file}: ${firstLine(error)}`);
  }
  throw new UsageError(`--controllers: the default export of ${file} is no controller: an object with name, setUp and reconcile, a list of such, or a function that makes them`);
}

function isController(value: unknown): value is Controller {
  if (typeof value !== 'object' || value === null) return false;
  const { name, setUp, reconcile } = value as Partial<Record<keyof Controller, unknown>>;
  return typeof name === 'string' && name !== '' && typeof setUp === 'function' && typeof reconcile === 'function';
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}
