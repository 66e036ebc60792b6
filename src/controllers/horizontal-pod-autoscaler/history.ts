import type { HorizontalPodAutoscalerBehavior } from '../../api/types/autoscaling-v2.js';

interface Timed {
  readonly at: number;
}

/** What an autoscaler has recommended and done lately. Kept in memory only, as the real controller does; immutable. */
export interface History {
  /** Recommendations before stabilization. */
  readonly recommendations: ReadonlyArray<Timed & { readonly replicas: number }>;
  /** How many replicas were added, and taken away. */
  readonly added: ReadonlyArray<Timed & { readonly replicas: number }>;
  readonly removed: ReadonlyArray<Timed & { readonly replicas: number }>;
}

/** An autoscaler that is seen for the first time starts from what is there. */
export function newHistory(current: number, now: number): History {
  return { recommendations: [{ at: now, replicas: current }], added: [], removed: [] };
}

/** Adds a recommendation and forgets those that are older than `keepMs`. */
export function withRecommendation(history: History, replicas: number, now: number, keepMs: number): History {
  return { ...history, recommendations: [...history.recommendations.filter(({ at }) => at >= now - keepMs), { at: now, replicas }] };
}

/** Remembers that replicas were added or taken away; only limits of `behavior` ask for it. */
export function withScaling(history: History, behavior: HorizontalPodAutoscalerBehavior | undefined, from: number, to: number, now: number): History {
  if (!behavior) return history;
  const [list, rules] = to > from ? (['added', behavior.scaleUp] as const) : (['removed', behavior.scaleDown] as const);
  const longest = Math.max(0, ...(rules?.policies ?? []).map(({ periodSeconds }) => periodSeconds)) * 1000;
  return { ...history, [list]: [...history[list].filter(({ at }) => at >= now - longest), { at: now, replicas: Math.abs(to - from) }] };
}

/** By how many replicas a target grew, less those it lost, within a policy's period. */
export function changeWithin({ added, removed }: History, periodSeconds: number, now: number): number {
  const sum = (list: History['added']): number => list.reduce((total, { at, replicas }) => total + (at > now - periodSeconds * 1000 ? replicas : 0), 0);
  return sum(added) - sum(removed);
}
