import { quote } from '../../api/field.js';
import type { PolicyRule } from '../../api/types/rbac-v1.js';

/** Whether some rules allow all that others do (k8s.io/component-helpers/auth/rbac/validation). */

/** What of `wanted` no single rule of `held` allows, in the smallest parts: one group, resource, name and verb each. */
export function uncovered(held: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  return wanted.flatMap(partsOf).filter((part) => !held.some((rule) => covers(rule, part)));
}

function partsOf({ apiGroups = [], resources = [], verbs, resourceNames = [], nonResourceURLs = [] }: PolicyRule): PolicyRule[] {
  const parts: PolicyRule[] = [];
  for (const group of apiGroups) {
    for (const resource of resources) {
      for (const verb of verbs) {
        const part = { apiGroups: [group], resources: [resource], verbs: [verb] };
        if (resourceNames.length === 0) parts.push(part);
        else for (const name of resourceNames) parts.push({ ...part, resourceNames: [name] });
      }
    }
  }
  for (const url of nonResourceURLs) for (const verb of verbs) parts.push({ nonResourceURLs: [url], verbs: [verb] });
  return parts;
}

function covers(rule: PolicyRule, part: PolicyRule): boolean {
  const names = rule.resourceNames ?? [];
  const wantedNames = part.resourceNames ?? [];
  return (
    hasAll(rule.verbs, part.verbs) &&
    hasAll(rule.apiGroups, part.apiGroups) &&
    (part.resources ?? []).every((resource) => resourceCovered(rule.resources ?? [], resource)) &&
    (names.length === 0 || (wantedNames.length > 0 && wantedNames.every((name) => names.includes(name)))) &&
    (part.nonResourceURLs ?? []).every((url) => (rule.nonResourceURLs ?? []).some((held) => urlCovered(held, url)))
  );
}

function hasAll(held: readonly string[] | undefined, wanted: readonly string[] | undefined): boolean {
  return (held ?? []).includes('*') || (wanted ?? []).every((value) => (held ?? []).includes(value));
}

function resourceCovered(held: readonly string[], wanted: string): boolean {
  const slash = wanted.indexOf('/');
  return held.includes('*') || held.includes(wanted) || (slash >= 0 && held.includes(`*${wanted.slice(slash)}`));
}

function urlCovered(held: string, wanted: string): boolean {
  return held === wanted || (held.endsWith('*') && wanted.startsWith(held.replace(/\*+$/, '')));
}

/** Missing parts as the error lists them: verbs of the same resource together, one rule a line, sorted. */
export function ruleLines(parts: readonly PolicyRule[]): string {
  const resources = new Map<string, PolicyRule>();
  const lines = new Set<string>();
  for (const part of parts) {
    if (part.nonResourceURLs) {
      lines.add(lineOf(part));
      continue;
    }
    const key = JSON.stringify([part.apiGroups, part.resources, part.resourceNames]);
    const known = resources.get(key);
    if (known) known.verbs.push(...part.verbs);
    else resources.set(key, { ...part, verbs: [...part.verbs] });
  }
  for (const rule of resources.values()) lines.add(lineOf(rule));
  return [...lines].sort().join('\n');
}

function lineOf({ apiGroups, resources, nonResourceURLs, resourceNames, verbs }: PolicyRule): string {
  const fields = Object.entries({ APIGroups: apiGroups, Resources: resources, NonResourceURLs: nonResourceURLs, ResourceNames: resourceNames, Verbs: verbs });
  return `{${fields.flatMap(([name, values]) => (values?.length ? [`${name}:${goList(values)}`] : [])).join(', ')}}`;
}

/** Go's %q of a slice. */
export const goList = (values: readonly string[]): string => `[${values.map(quote).join(' ')}]`;
