import { ApiError, badRequest, conflict, forbidden, invalid, notFound } from '../../../api/errors.js';
import { invalid as invalidField, Path } from '../../../api/field.js';
import { labelMatcherOf } from '../../../api/label-selector.js';
import type { Pod } from '../../../api/types/core-v1.js';
import type { Condition, DeleteOptions as DeleteOptionsBody, StatusCause } from '../../../api/types/meta-v1.js';
import type { Eviction, PodDisruptionBudget, PodDisruptionBudgetStatus } from '../../../api/types/policy-v1.js';
import { deleteOptionsOf } from '../../../registry/delete-options.js';
import type { Action, ActionResult, ActionSubresource, DeleteOptions } from '../../../registry/subresource.js';
import { isPodReady, setPodCondition } from './conditions.js';
import { successStatus } from './success-status.js';

const PODS = { group: '', resource: 'pods' };
const BUDGETS = { group: 'policy', resource: 'poddisruptionbudgets' };
const VIOLATION = "Cannot evict pod as it would violate the pod's disruption budget.";
/** Evictions that the budget's controller has not seen yet. */
const MAX_DISRUPTED_PODS = 2000;
const CONFLICT_RETRIES = 20;

/** POST pods/NAME/eviction: deletes a pod unless a disruption budget speaks against it (pkg/registry/core/pod/storage). */
export const evictionSubresource: ActionSubresource = {
  type: 'action',
  gvk: { group: 'policy', version: 'v1', kind: 'Eviction' },
  run: evict,
};

async function evict(action: Action): Promise<ActionResult> {
  const eviction = action.body as Eviction;
  if (action.name !== eviction.metadata.name) throw badRequest('name in URL does not match name in Eviction object');
  const options = askedOptions(eviction.deleteOptions, action);
  const early = await deleteIgnoringBudgets(action, options);
  if (early === 'deleted') return success();

  const budgets = budgetsOf(action, early);
  if (budgets.length > 1) {
    throw new ApiError(500, '', 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.');
  }
  const [budget] = budgets;
  const enforceVersion = budget !== undefined && unhealthyMayGo(early, budget);
  if (budget && !enforceVersion) await takeDisruption(action, early, budget.metadata.name, options.dryRun === true);
  try {
    await markAndDelete(action, enforceVersion ? atVersion(options, early) : options);
  } catch (error) {
    if (enforceVersion && isConflict(error) && !options.preconditions?.resourceVersion) throw stillProcessing(budget.metadata.name);
    throw error;
  }
  return success();
}

const success = (): ActionResult => ({ code: 201, object: successStatus(201) });
const isConflict = (error: unknown): boolean => error instanceof ApiError && error.reason === 'Conflict';

/** The options as they were sent: whether a deletion can have them is asked when it comes to that. */
function askedOptions(body: DeleteOptionsBody = {}, { name, dryRun }: Action): DeleteOptions {
  if (body.ignoreStoreReadErrorWithClusterBreakingPotential) {
    const path = Path.of('deleteOptions', 'ignoreStoreReadErrorWithClusterBreakingPotential');
    throw invalid({ group: 'policy', kind: 'Eviction' }, name, [invalidField(path, true, 'can not be set for pod eviction, try after removing the option')]);
  }
  const { gracePeriodSeconds, propagationPolicy, orphanDependents, preconditions } = body;
  return { gracePeriodSeconds, propagationPolicy, orphanDependents, preconditions, dryRun: dryRun || (body.dryRun ?? []).length > 0 };
}

/**
 * Pods that have not started, have ended or are going anyway disrupt nothing: they are deleted right away.
 * Others come back, to be checked against budgets.
 */
async function deleteIgnoringBudgets(action: Action, options: DeleteOptions): Promise<Pod | 'deleted'> {
  for (let left = CONFLICT_RETRIES; ; left--) {
    const pod = action.verbs.get(PODS, action.namespace, action.name) as Pod | undefined;
    if (!pod) throw notFound(PODS, action.name);
    const ended = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed' || pod.metadata.deletionTimestamp !== undefined;
    if (!ended && pod.status?.phase !== 'Pending') return pod;
    try {
      const pinned = options.preconditions?.resourceVersion !== undefined;
      await markAndDelete(action, ended || pinned ? options : atVersion(options, pod));
      return 'deleted';
    } catch (error) {
      if (left <= 1 || !isConflict(error) || options.preconditions?.resourceVersion !== undefined) throw error;
    }
  }
}

const atVersion = (options: DeleteOptions, pod: Pod): DeleteOptions => ({ ...options, preconditions: { ...options.preconditions, resourceVersion: pod.metadata.resourceVersion } });

/** Tells in the pod's status why it goes, then deletes it. */
async function markAndDelete(action: Action, options: DeleteOptions): Promise<void> {
  const target = { ...PODS, namespace: action.namespace, name: action.name };
  let { preconditions } = options;
  if (!options.dryRun) {
    const marked = await action.verbs.modify<Pod>({ ...target, subresource: 'status' }, (pod) => {
      checkPreconditions(pod, options);
      const message = 'Eviction API: evicting';
      setPodCondition((pod.status ??= {}), { type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI', message }, action.now);
    });
    if (preconditions?.resourceVersion !== undefined) preconditions = { ...preconditions, resourceVersion: marked.metadata.resourceVersion };
  }
  deleteOptionsOf((action.body as Eviction).deleteOptions ?? {});
  await action.verbs.delete(target, { ...options, preconditions });
}

function checkPreconditions({ metadata }: Pod, { preconditions }: DeleteOptions): void {
  const subject = { group: '', resource: 'Pod' };
  const { uid, resourceVersion } = preconditions ?? {};
  if (uid && uid !== metadata.uid) {
    throw conflict(subject, metadata.name, `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`);
  }
  if (resourceVersion && resourceVersion !== metadata.resourceVersion) {
    throw conflict(
      subject,
      metadata.name,
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`,
    );
  }
}

function budgetsOf(action: Action, pod: Pod): PodDisruptionBudget[] {
  const { entries } = action.reader.list(`${BUDGETS.group}/${BUDGETS.resource}/${action.namespace}/`);
  return entries.map(({ object }) => object as PodDisruptionBudget).filter((budget) => selects(budget, pod));
}

function selects({ spec }: PodDisruptionBudget, pod: Pod): boolean {
  try {
    return labelMatcherOf(spec?.selector).matches(pod.metadata.labels);
  } catch (error) {
    // A selector that is not valid selects nothing.
    if (error instanceof ApiError) return false;
    throw error;
  }
}

/** A pod that is not ready counts for nothing, so it may go where the policy says so or the others are enough. */
function unhealthyMayGo(pod: Pod, { spec, status }: PodDisruptionBudget): boolean {
  if (isPodReady(pod.status)) return false;
  if (spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true;
  const { currentHealthy = 0, desiredHealthy = 0 } = status ?? {};
  return currentHealthy >= desiredHealthy && desiredHealthy > 0;
}

/** Uses up one of the disruptions that the budget allows. Throws ApiError 429 when there is none. */
async function takeDisruption(action: Action, pod: Pod, budgetName: string, dryRun: boolean): Promise<void> {
  const target = { ...BUDGETS, namespace: action.namespace, name: budgetName, subresource: 'status' };
  const take = (budget: PodDisruptionBudget): void => {
    checkBudget(budget);
    const status = budget.status as PodDisruptionBudgetStatus;
    status.disruptionsAllowed = (status.disruptionsAllowed ?? 0) - 1;
    if (status.disruptionsAllowed === 0) forbidDisruptions(status, action.now);
    status.disruptedPods = { ...status.disruptedPods, [pod.metadata.name]: action.now };
  };
  if (!dryRun) {
    await action.verbs.modify<PodDisruptionBudget>(target, take);
    return;
  }
  const budget = action.verbs.get(BUDGETS, action.namespace, budgetName) as PodDisruptionBudget | undefined;
  if (!budget) throw notFound(BUDGETS, budgetName);
  checkBudget(budget);
}

function checkBudget({ metadata, status }: PodDisruptionBudget): void {
  const { name } = metadata;
  const resource = { group: 'policy', resource: 'poddisruptionbudget' };
  if ((status?.observedGeneration ?? 0) < (metadata.generation ?? 0)) throw stillProcessing(name);
  const allowed = status?.disruptionsAllowed ?? 0;
  if (allowed < 0) throw forbidden(resource, name, 'pdb disruptions allowed is negative');
  if (Object.keys(status?.disruptedPods ?? {}).length > MAX_DISRUPTED_PODS) {
    throw forbidden(resource, name, 'DisruptedPods map too big - too many evictions not confirmed by PDB controller');
  }
  if (allowed === 0) throw violation(whyNot(name, status), 0);
}

function whyNot(name: string, status: PodDisruptionBudgetStatus | undefined): string {
  const { currentHealthy = 0, desiredHealthy = 0, conditions } = status ?? {};
  const condition = (conditions ?? []).find(({ type }) => type === 'DisruptionAllowed');
  const told = condition?.status === 'False' && condition.message ? condition : undefined;
  if (told?.reason === 'SyncFailed') return `The disruption budget ${name} does not allow evicting pods currently because it failed sync: ${told.message}`;
  if (currentHealthy <= desiredHealthy) return `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`;
  if (told) return `The disruption budget ${name} does not allow evicting pods currently (${told.reason}): ${told.message}`;
  return `The disruption budget ${name} does not allow evicting pods currently`;
}

function forbidDisruptions(status: PodDisruptionBudgetStatus, now: string): void {
  const conditions = (status.conditions ??= []);
  const i = conditions.findIndex(({ type }) => type === 'DisruptionAllowed');
  const old = conditions[i];
  const next: Condition = {
    type: 'DisruptionAllowed',
    status: 'False',
    reason: 'InsufficientPods',
    message: '',
    ...(status.observedGeneration === undefined ? {} : { observedGeneration: status.observedGeneration }),
    lastTransitionTime: old?.status === 'False' ? old.lastTransitionTime : now,
  };
  if (old) conditions[i] = next;
  else conditions.push(next);
}

const stillProcessing = (name: string): ApiError => violation(`The disruption budget ${name} is still being processed by the server.`, 10);

/** Without a time to wait there is no Retry-After header, so that clients do not retry by themselves. */
function violation(message: string, retryAfterSeconds: number): ApiError {
  const causes: StatusCause[] = [{ reason: 'DisruptionBudget', message }];
  if (retryAfterSeconds === 0) return new ApiError(429, 'TooManyRequests', VIOLATION, { causes });
  return new ApiError(429, 'TooManyRequests', VIOLATION, { causes, retryAfterSeconds });
}
