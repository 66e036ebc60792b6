import { invalid } from '../api/errors.js';
import { invalid as invalidField, notSupported, Path } from '../api/field.js';
import type { DeleteOptions } from './subresource.js';

const POLICIES = ['Foreground', 'Background', 'Orphan'];
const POLICY = Path.of('propagationPolicy');

/** metav1.DeleteOptions as sent, in a body, a query or an Eviction. */
export interface DeleteOptionsBody {
  readonly gracePeriodSeconds?: number | undefined;
  readonly propagationPolicy?: string | undefined;
  readonly orphanDependents?: boolean | undefined;
  readonly dryRun?: readonly string[] | undefined;
  readonly preconditions?: DeleteOptions['preconditions'];
}

/** What a deletion is asked to do. Throws 422 for options that no deletion can have (ValidateDeleteOptions). */
export function deleteOptionsOf({ gracePeriodSeconds, propagationPolicy, orphanDependents, preconditions, dryRun = [] }: DeleteOptionsBody): DeleteOptions {
  const errors = [
    ...(propagationPolicy !== undefined && orphanDependents !== undefined ? [invalidField(POLICY, propagationPolicy, 'orphanDependents and deletionPropagation cannot be both set')] : []),
    ...(propagationPolicy === undefined || POLICIES.includes(propagationPolicy) ? [] : [notSupported(POLICY, propagationPolicy, [...POLICIES, 'nil'])]),
    ...(dryRun.every((value) => value === 'All') ? [] : [notSupported(Path.of('dryRun'), dryRun, ['All'])]),
  ];
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', errors);
  return { gracePeriodSeconds, propagationPolicy, orphanDependents, preconditions, dryRun: dryRun.length > 0 };
}
