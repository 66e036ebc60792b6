import { LabelMatcher, labelMatcherOf } from '../api/label-selector.js';
import type { Pod, PodAffinityTerm } from '../api/types/core-v1.js';

type NamespaceLabels = (name: string) => Readonly<Record<string, string>> | undefined;

/** A term of pod affinity, made ready to be matched. */
export interface AffinityTerm {
  readonly topologyKey: string;
  readonly weight: number;
  /** The same for terms that match the same pods, whatever namespaces are labelled; undefined where that counts. */
  readonly key: string | undefined;
  matches(pod: Pod, namespaceLabels: NamespaceLabels): boolean;
}

export interface AffinityTerms {
  readonly required: readonly AffinityTerm[];
  readonly requiredAnti: readonly AffinityTerm[];
  readonly preferred: readonly AffinityTerm[];
  readonly preferredAnti: readonly AffinityTerm[];
}

const known = new WeakMap<Pod, AffinityTerms>();

/** The pod affinity terms of a pod; kept by pod object, which never changes. */
export function affinityTerms(pod: Pod): AffinityTerms {
  let terms = known.get(pod);
  if (terms) return terms;
  const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {};
  const own = pod.metadata.namespace ?? '';
  terms = {
    required: (podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map((term) => ready(term, own, 0)),
    requiredAnti: (podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map((term) => ready(term, own, 0)),
    preferred: (podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ podAffinityTerm, weight }) => ready(podAffinityTerm, own, weight)),
    preferredAnti: (podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ podAffinityTerm, weight }) => ready(podAffinityTerm, own, weight)),
  };
  known.set(pod, terms);
  return terms;
}

function ready({ labelSelector, namespaces = [], namespaceSelector, topologyKey }: PodAffinityTerm, own: string, weight: number): AffinityTerm {
  const selector = labelMatcherOf(labelSelector);
  const byLabels = namespaceSelector ? labelMatcherOf(namespaceSelector) : LabelMatcher.nothing;
  const named = new Set(namespaces.length === 0 && !namespaceSelector ? [own] : namespaces);
  return {
    topologyKey,
    weight,
    key: namespaceSelector ? undefined : `${[...named].sort(compare).join(',')} ${selector.matchesNothing ? 'none' : `of ${selector.toString()}`}`,
    matches: ({ metadata }, namespaceLabels) => {
      const namespace = metadata.namespace ?? '';
      if (!named.has(namespace) && !(namespaceSelector && byLabels.matches(namespaceLabels(namespace)))) return false;
      return selector.matches(metadata.labels);
    },
  };
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
