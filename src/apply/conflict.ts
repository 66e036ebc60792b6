import { ApiError } from '../api/errors.js';
import { quote } from '../api/field.js';
import type { Managed } from './managed-fields.js';
import type { Conflicts } from './ownership.js';
import { type Path, pathText } from './path-element.js';
import { PathSet } from './path-set.js';
import { compareText } from './value.js';

/** `Apply failed with 2 conflicts: conflicts with "a" using v1:\n- .data.x\n…`; each conflict is a cause. */
export function conflictError(conflicts: Conflicts): ApiError {
  const groups = [...conflicts].sort(([a], [b]) => compareText(a.id, b.id)).map(([managed, set]) => ({ name: managerText(managed), paths: set.paths() }));
  const all = groups.flatMap(({ name, paths }) => paths.map((path) => ({ name, path })));
  const causes = all.map(({ name, path }) => ({ reason: 'FieldManagerConflict', message: `conflict with ${name}`, field: pathText(path) }));
  return new ApiError(409, 'Conflict', message(groups, all), { causes });
}

function message(groups: ReadonlyArray<{ name: string; paths: readonly Path[] }>, all: ReadonlyArray<{ name: string; path: Path }>): string {
  const [only] = all;
  if (all.length === 1 && only) return `Apply failed with 1 conflict: conflict with ${only.name}: ${pathText(only.path)}`;
  const lines = groups.flatMap(({ name, paths }) => [`conflicts with ${name}:`, ...paths.map((path) => `- ${pathText(path)}`)]);
  return `Apply failed with ${all.length} conflicts: ${lines.join('\n')}`;
}

function managerText({ manager, subresource, operation, apiVersion }: Managed): string {
  const name = subresource ? `${quote(manager)} with subresource ${quote(subresource)}` : quote(manager);
  return operation === 'Update' ? `${name} using ${apiVersion}` : name;
}

/** All paths in dispute. */
export function disputedFields(conflicts: Conflicts): PathSet {
  let all = PathSet.empty;
  for (const set of conflicts.values()) all = all.union(set);
  return all;
}

/** The conflicts that are left when some paths are not in dispute after all. */
export function withoutPaths(conflicts: Conflicts, allowed: PathSet): Conflicts {
  const left = new Map<Managed, PathSet>();
  for (const [managed, set] of conflicts) {
    const disputed = PathSet.fromPaths(set.paths().filter((path) => !allowed.has(path)));
    if (!disputed.isEmpty) left.set(managed, disputed);
  }
  return left;
}
