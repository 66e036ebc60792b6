import type { Kind } from '../registry/kind.js';

export interface ServedVersion {
  readonly version: string;
  readonly kinds: readonly Kind[];
}

export interface ServedGroup {
  /** '' for the core group. */
  readonly name: string;
  /** The preferred version first. */
  readonly versions: readonly ServedVersion[];
}

/** Groups in the order of the catalogue, their versions newest first. */
export function servedGroups(kinds: Iterable<Kind>): ServedGroup[] {
  const groups = new Map<string, Map<string, Kind[]>>();
  for (const kind of kinds) {
    const versions = groups.get(kind.gvk.group) ?? new Map<string, Kind[]>();
    groups.set(kind.gvk.group, versions);
    versions.set(kind.gvk.version, [...(versions.get(kind.gvk.version) ?? []), kind]);
  }
  // Those of definitions come after Kubernetes' own, by name.
  const isOwn = (versions: Map<string, Kind[]>): boolean => [...versions.values()].some((members) => members.some(({ custom }) => !custom));
  const own = [...groups].filter(([, versions]) => isOwn(versions));
  const custom = [...groups].filter(([, versions]) => !isOwn(versions)).sort(([a], [b]) => (a < b ? -1 : 1));
  return [...own, ...custom].map(([name, versions]) => ({
    name,
    versions: [...versions].map(([version, members]) => ({ version, kinds: members })).sort((a, b) => compareVersions(b.version, a.version)),
  }));
}

/** Kubernetes' order of API versions: v2 > v1 > v2beta1 > v1beta1 > v1alpha1, others by their names below. */
export function compareVersions(a: string, b: string): number {
  const left = parseVersion(a);
  const right = parseVersion(b);
  if (!left || !right) return left ? 1 : right ? -1 : a < b ? 1 : a > b ? -1 : 0;
  return left.stage - right.stage || left.major - right.major || left.minor - right.minor;
}

function parseVersion(text: string): { stage: number; major: number; minor: number } | undefined {
  const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(text);
  if (!match) return undefined;
  return { stage: match[2] === 'alpha' ? 0 : match[2] === 'beta' ? 1 : 2, major: Number(match[1]), minor: Number(match[3] ?? 0) };
}
