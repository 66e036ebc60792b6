import { ApiError } from '../api/errors.js';
import type { AnyObject, KubeObject } from '../api/object.js';
import { sleep, type Clock } from '../base/clock.js';
import type { Client } from '../client/types.js';
import { inOrder, parseManifests, type Manifests } from './parse.js';
import { targetOf, type ResourceNames } from './resources.js';

export interface ApplyOptions {
  /** Of objects that name none; `default` unless said otherwise. */
  readonly namespace?: string | undefined;
  /** Who owns the fields; `kubette` unless said otherwise. */
  readonly fieldManager?: string | undefined;
  /** False: fields of other managers are a conflict (409). They are taken over unless said otherwise. */
  readonly force?: boolean | undefined;
  /** How long a kind may take to be served after its CRD is there; real milliseconds, 10 seconds unless said otherwise. */
  readonly establishMs?: number | undefined;
}

export interface ApplyDependencies {
  readonly client: Client;
  readonly resources: ResourceNames;
  /** Real time. */
  readonly clock: Clock;
}

const ESTABLISH_MS = 10_000;
const POLL_MS = 5;

/** Server-side apply of manifests, one after the other, what others need first. Rejects with the ApiError of the first that fails. */
export async function apply(dependencies: ApplyDependencies, manifests: Manifests, options: ApplyOptions = {}): Promise<AnyObject[]> {
  const applied: AnyObject[] = [];
  for (const object of inOrder(parseManifests(manifests))) applied.push(await applyOne(dependencies, object, options));
  return applied;
}

export async function applyOne({ client, resources, clock }: ApplyDependencies, object: AnyObject, { namespace = 'default', fieldManager = 'kubette', force = true, establishMs = ESTABLISH_MS }: ApplyOptions): Promise<AnyObject> {
  const deadline = clock.monotonic() + establishMs;
  let kind = resources.ofObject(object);
  for (; !kind && clock.monotonic() < deadline && !isBuiltIn(object); kind = resources.ofObject(object)) await sleep(clock, POLL_MS);
  if (!kind) throw new ApiError(404, 'NotFound', `no matches for kind ${JSON.stringify(object.kind)} in version ${JSON.stringify(object.apiVersion)}`, {});
  const target = client.resource<AnyObject>(targetOf(kind));
  const { metadata } = object;
  if (kind.facts.namespaced) metadata.namespace ??= namespace;
  else delete metadata.namespace;
  if (!metadata.name && metadata.generateName) return target.create(object, { fieldManager });
  return target.patch({ name: metadata.name ?? '', namespace: metadata.namespace }, { type: 'apply', body: object, force }, { fieldManager });
}

/** Nobody needs to wait for a kind of Kubernetes' own: their groups have no dot, or end in k8s.io. */
function isBuiltIn({ apiVersion }: KubeObject): boolean {
  const group = apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
  return !group.includes('.') || group.endsWith('.k8s.io');
}
