import { ApiError, badRequest, forbidden } from '../../api/errors.js';
import type { StatusDetails } from '../../api/types/meta-v1.js';
import type { AdmissionAttributes, AdmissionDependencies, Authorizer } from '../types.js';
import { callWebhook } from './call.js';
import type { EquivalentResource, WebhookEnvironment } from './environment.js';
import { type Hook, matchHook } from './hooks.js';
import { admissionReview, decodeReview, type ReviewResponse, reviewVersion, type Shown, verifyResponse } from './review.js';

export type WebhookDependencies = AdmissionDependencies & { readonly webhooks: WebhookEnvironment };

/** A webhook could not be asked, or has answered nonsense: what that means is said by its failurePolicy. */
export class CallFailure extends Error {
  constructor(hook: Hook, why: string) {
    super(`failed calling webhook ${JSON.stringify(hook.spec.name)}: ${why}`);
  }

  /** 500, for a webhook that must be asked. */
  toApiError(): ApiError {
    return internalFailure(this.message);
  }
}

/** 500 `Internal error occurred: WHY`, with the reason as a cause. */
export function internalFailure(why: string): ApiError {
  return new ApiError(500, 'InternalError', `Internal error occurred: ${why}`, { causes: [{ message: why }] });
}

export const allowEverything: Authorizer = () => ({ allowed: true });
const DEFAULT_TIMEOUT_SECONDS = 10;

/** The objects of a write as a resource shows them. */
export function shownAs(as: EquivalentResource, { kind, object, oldObject }: AdmissionAttributes, environment: WebhookEnvironment): Shown {
  // Scale, Eviction, PodExecOptions: of one kind whatever the version of the resource.
  if (kind.kind !== as.kind.kind) return { as: { ...as, kind, toRequest: (one) => one }, object, oldObject };
  const show = (one: AdmissionAttributes['object']): AdmissionAttributes['object'] => one && environment.inOrder(as.kind, as.fromRequest(one));
  return { as, object: show(object), oldObject: show(oldObject) };
}

/**
 * How a hook wants to see a write; undefined where it need not be asked. Throws 403 where its conditions cannot be evaluated and it must
 * be asked, 404 where the namespace is not there.
 */
export async function concerned(hook: Hook, attributes: AdmissionAttributes, dependencies: WebhookDependencies): Promise<Shown | undefined> {
  const as = matchHook(hook, attributes, dependencies.webhooks);
  if (!as) return undefined;
  const shown = shownAs(as, attributes, dependencies.webhooks);
  const { matchConditions: conditions = [], failurePolicy } = hook.spec;
  if (conditions.length === 0) return shown;
  const { Activation, Budget, CONDITIONS_BUDGET } = await import('../expressions/activation.js');
  const { compiledConditions, conditionsHold } = await import('../expressions/conditions.js');
  const holds = conditionsHold(compiledConditions(conditions), new Activation({ attributes, shown, authorizer: dependencies.authorizer ?? allowEverything, budget: new Budget(CONDITIONS_BUDGET) }));
  if (holds === true) return shown;
  if (holds instanceof Error && failurePolicy !== 'Ignore') throw forbidden({ group: attributes.resource.group, resource: attributes.resource.resource }, attributes.name, holds.message);
  return undefined;
}

/**
 * Asks a webhook. Resolves with its answer when it allows the write; throws ApiError when it refuses, CallFailure when it
 * cannot be asked.
 */
export async function invoke(hook: Hook, mutating: boolean, attributes: AdmissionAttributes, shown: Shown, { webhooks, ids }: WebhookDependencies): Promise<ReviewResponse> {
  const { name, sideEffects, admissionReviewVersions, clientConfig, timeoutSeconds = DEFAULT_TIMEOUT_SECONDS } = hook.spec;
  if (attributes.dryRun && sideEffects !== 'None' && sideEffects !== 'NoneOnDryRun') {
    throw badRequest(`admission webhook ${JSON.stringify(name)} does not support dry run`);
  }
  const version = reviewVersion(admissionReviewVersions);
  if (!version) throw new CallFailure(hook, 'could not create admission objects: webhook does not accept known AdmissionReview versions (v1, v1beta1)');
  const uid = ids.uid();
  const answer = await attempt(hook, 'failed to call webhook', async () => decodeReview(version, await callWebhook(clientConfig, admissionReview(version, uid, attributes, shown), timeoutSeconds, webhooks)));
  const response = await attempt(hook, 'received invalid webhook response', () => verifyResponse(version, uid, mutating, answer));
  for (const text of response.warnings ?? []) if (typeof text === 'string') attributes.warn(text);
  if (response.allowed !== true) throw refusal(name, response.status);
  return response;
}

async function attempt<T>(hook: Hook, failure: string, run: () => T | Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw new CallFailure(hook, `${failure}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** What a client is told of a refusal: the webhook's own Status, with who refused before its message. */
function refusal(name: string, status: ReviewResponse['status'] = {}): ApiError {
  const { code = 0, reason = '', message = '', details } = status;
  const by = `admission webhook ${JSON.stringify(name)} denied the request`;
  const text = message ? `${by}: ${message}` : reason ? `${by}: ${reason}` : `${by} without explanation`;
  return new ApiError(code < 400 ? 400 : code, reason, text, details as StatusDetails | undefined);
}
