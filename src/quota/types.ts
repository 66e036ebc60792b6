import type { GroupResource } from '../api/gvk.js';
import type { KubeObject } from '../api/object.js';
import type { ResourceAmounts } from '../api/pod-resources.js';

/** One condition of a quota on the objects it counts. */
export interface ScopeRequirement {
  readonly scopeName: string;
  readonly operator: string;
  readonly values?: readonly string[] | undefined;
}

/** A write that may change what a namespace uses. */
export interface QuotaWrite {
  readonly operation: 'CREATE' | 'UPDATE';
  readonly subresource: string;
  readonly object: KubeObject;
  readonly oldObject: KubeObject | undefined;
}

/** How objects of one resource count (k8s.io/apiserver/pkg/quota/v1 Evaluator). */
export interface QuotaEvaluator<T extends KubeObject = KubeObject> {
  readonly resource: GroupResource;
  /** Whether a name in a quota's `hard` limits this resource. */
  covers(name: string): boolean;
  /** Whether a write can change usage; others need not be looked at. */
  concerns(write: QuotaWrite): boolean;
  /** What one object costs; `now` in milliseconds, by the cluster's clock. */
  usage(object: T, now: number): ResourceAmounts;
  /** Whether an object stands in a scope; without it the resource stands in none. */
  inScope?(object: T, requirement: ScopeRequirement): boolean;
  /** Why an object cannot be counted against the quota's names that cover it; undefined when it can. */
  uncountable?(object: T, names: ReadonlySet<string>): string | undefined;
}
