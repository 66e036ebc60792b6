import { ApiError } from '../api/errors.js';
import { milliseconds, type Duration } from '../base/duration.js';
import type { AnyObject, KubeObject } from '../api/object.js';
import type { Clock } from '../base/clock.js';
import type { Client, ResourceClient } from '../client/types.js';
import { encodeYaml } from '../schema/yaml.js';
import { targetOf, type ResourceNames } from '../manifests/resources.js';

/** An object: `pod/web`, `deployments.apps/web`, or anything with kind and name, such as an object that was applied. */
export type ObjectReference =
  | string
  | { readonly apiVersion?: string | undefined; readonly kind: string; readonly name: string; readonly namespace?: string | undefined }
  | KubeObject;

export interface UntilOptions {
  /** Real time; 10 seconds unless said otherwise. */
  readonly timeout?: Duration | undefined;
  /** Of a reference that names none; `default` unless said otherwise. */
  readonly namespace?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Called with the object as it is, undefined while there is none. May throw: the last error is told when time is up. */
export type Predicate<T> = (object: T | undefined) => unknown;

export interface UntilDependencies {
  readonly client: Client;
  readonly resources: ResourceNames;
  /** Real time. */
  readonly clock: Clock;
}

/**
 * Waits until the predicate is true of an object, looking at each state as it comes: no polling. Resolves with that
 * state (undefined where the predicate waited for the object to go). Rejects with an Error that shows the last state.
 */
export async function until<T extends KubeObject>({ client, resources, clock }: UntilDependencies, reference: ObjectReference, predicate: Predicate<T>, options: UntilOptions): Promise<T | undefined> {
  const { resource, name, namespace, text } = resolve<T>(client, resources, reference, options.namespace ?? 'default');
  const timeoutMs = milliseconds(options.timeout ?? 10_000, 'timeout');
  const stop = new AbortController();
  const timer = clock.after(timeoutMs, () => stop.abort());
  const hangUp = (): void => stop.abort();
  options.signal?.addEventListener('abort', hangUp, { once: true });
  let last: T | undefined;
  let problem: unknown;
  const fits = (object: T | undefined): boolean => {
    last = object;
    problem = undefined;
    try {
      return Boolean(predicate(object));
    } catch (error) {
      problem = error;
      return false;
    }
  };
  try {
    while (!stop.signal.aborted && !options.signal?.aborted) {
      const list = await resource.list({ namespace, fieldSelector: `metadata.name=${name}` });
      if (fits(list.items[0])) return last;
      if (await follow(resource, { name, namespace, from: list.resourceVersion, signal: stop.signal }, fits)) return last;
    }
  } finally {
    timer.cancel();
    options.signal?.removeEventListener('abort', hangUp);
    stop.abort();
  }
  options.signal?.throwIfAborted();
  const said = problem instanceof Error ? `; the predicate said: ${problem.message}` : '';
  throw new Error(`waited ${timeoutMs} ms in vain for ${text}${said}; ${last ? `its last state was:\n${stateText(last)}` : 'there was no such object'}`, problem === undefined ? {} : { cause: problem });
}

/** True once the predicate is; false when the watch has ended before. */
async function follow<T extends KubeObject>(resource: ResourceClient<T>, { name, namespace, from, signal }: { name: string; namespace: string | undefined; from: string; signal: AbortSignal }, fits: (object: T | undefined) => boolean): Promise<boolean> {
  try {
    for await (const events of resource.watch({ namespace, fieldSelector: `metadata.name=${name}`, resourceVersion: from, signal })) {
      for (const { type, object } of events) if (fits(type === 'DELETED' ? undefined : object)) return true;
    }
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 410) throw error;
  }
  return false;
}

interface Resolved<T extends KubeObject> {
  readonly resource: ResourceClient<T>;
  readonly name: string;
  readonly namespace: string | undefined;
  readonly text: string;
}

function resolve<T extends KubeObject>(client: Client, resources: ResourceNames, reference: ObjectReference, fallback: string): Resolved<T> {
  const { kind, name, namespace } = parts(resources, reference);
  const where = kind.facts.namespaced ? (namespace ?? fallback) : undefined;
  return { resource: client.resource<T>(targetOf(kind)), name, namespace: where, text: `${kind.gvk.kind} ${where ? `${where}/` : ''}${name}` };
}

function parts(resources: ResourceNames, reference: ObjectReference): { kind: ReturnType<ResourceNames['named']>; name: string; namespace: string | undefined } {
  if (typeof reference === 'string') {
    const [type = '', name = '', ...more] = reference.split('/');
    if (type === '' || name === '' || more.length > 0) throw new TypeError(`a reference looks like pod/web or deployments.apps/web, not ${JSON.stringify(reference)}`);
    return { kind: resources.named(type), name, namespace: undefined };
  }
  const { name, namespace } = 'metadata' in reference ? reference.metadata : reference;
  const { apiVersion, kind } = reference;
  const known = apiVersion === undefined ? resources.named(kind) : resources.ofObject({ apiVersion, kind });
  if (!known) throw new TypeError(`the cluster serves no kind ${JSON.stringify(kind)} in ${JSON.stringify(apiVersion)}`);
  return { kind: known, name: name ?? '', namespace };
}

function stateText(object: KubeObject): string {
  const { managedFields: _, ...metadata } = object.metadata;
  return encodeYaml({ ...(object as AnyObject), metadata }).toString();
}
