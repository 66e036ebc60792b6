import { quote } from '../../api/field.js';
import type { Volume, VolumeProjection } from '../../api/types/core-v1.js';

interface FilePath {
  readonly path: string;
  /** What the file comes from; '' where the volume has one source only. */
  readonly source: string;
}

/** Warnings about files of one volume that would overwrite each other or stand below one another. */
export function overlappingPaths(volumes: readonly Volume[]): string[] {
  return volumes.flatMap((volume) => {
    const { name, configMap, secret, downwardAPI, projected } = volume;
    return [
      ...(configMap?.items ? within(name, `ConfigMap ${quote(configMap.name ?? '')}`, configMap.items) : []),
      ...(secret?.items ? within(name, `Secret ${quote(secret.secretName ?? '')}`, secret.items) : []),
      ...(downwardAPI?.items ? within(name, 'DownwardAPI', downwardAPI.items) : []),
      ...(projected ? acrossSources(name, projected.sources ?? []) : []),
    ];
  });
}

function within(volume: string, what: string, items: ReadonlyArray<{ path: string }>): string[] {
  return collisions(items.map(({ path }) => ({ path, source: '' }))).map((body) => text(volume, what, body));
}

function acrossSources(volume: string, sources: readonly VolumeProjection[]): string[] {
  const warnings: string[] = [];
  const files: FilePath[] = [];
  for (const source of sources) {
    if (Object.values(source).every((value) => value === undefined)) {
      warnings.push(`volume ${quote(volume)} (Projected) has no sources provided`);
      continue;
    }
    for (const file of filesOf(source)) warnings.push(...add(files, file).map((body) => text(volume, 'Projected', body)));
  }
  return warnings;
}

function filesOf({ configMap, secret, downwardAPI, serviceAccountToken }: VolumeProjection): FilePath[] {
  if (configMap?.items) return configMap.items.map(({ path }) => ({ path, source: `ConfigMap ${quote(configMap.name ?? '')}` }));
  if (secret?.items) return secret.items.map(({ path }) => ({ path, source: `Secret ${quote(secret.name ?? '')}` }));
  if (downwardAPI?.items) return downwardAPI.items.map(({ path }) => ({ path, source: 'DownwardAPI' }));
  return serviceAccountToken ? [{ path: serviceAccountToken.path, source: 'ServiceAccountToken' }] : [];
}

const text = (volume: string, what: string, body: string): string => `volume ${quote(volume)} (${what}): overlapping paths: ${body}`;

function collisions(files: readonly FilePath[]): string[] {
  const known: FilePath[] = [];
  return files.flatMap((file) => add(known, file));
}

/** Adds a file and tells which earlier ones it meets. */
function add(known: FilePath[], { path, source }: FilePath): string[] {
  const file = { path: path.replace(/\/+$/, ''), source };
  const met = file.path === '' ? [] : known.filter((other) => other.path !== '' && (`${other.path}/`.startsWith(`${file.path}/`) || `${file.path}/`.startsWith(`${other.path}/`)));
  known.push(file);
  return met.map((other) => `${shown(file)} with ${shown(other)}`);
}

const shown = ({ path, source }: FilePath): string => (source ? `${quote(path)} (${source})` : quote(path));
