import { type ApiError, badRequest, conflict, faultyRequest } from '../../../api/errors.js';
import { fieldErrorText, notSupported, Path, required, type FieldError } from '../../../api/field.js';
import { nameIsDnsSubdomain } from '../../../api/names.js';
import type { Binding, Node, Pod } from '../../../api/types/core-v1.js';
import type { KubeObject } from '../../../api/object.js';
import type { Strategy, StrategyContext } from '../../../registry/kind.js';
import type { ActionResult, ActionSubresource, ObjectVerbs } from '../../../registry/subresource.js';
import { setPodCondition } from './conditions.js';
import { successStatus } from './success-status.js';

const PODS = { group: '', resource: 'pods' };
const PODS_BINDING = { group: '', resource: 'pods/binding' };
/** What a pod learns of its node's place (KEP-4742). */
const TOPOLOGY_LABELS = ['topology.kubernetes.io/zone', 'topology.kubernetes.io/region'];

/**
 * The write behind a binding: name of a subresource that no path can name. Its strategy lets the node name through,
 * which no other route may change, and leaves metadata.generation alone.
 */
export const BINDING_WRITE = 'binding.write';
export const bindingWriteStrategy: Strategy<Pod> = { nameErrors: nameIsDnsSubdomain, generation: 'none', keepsStatus: false };

/** POST pods/NAME/binding: puts a pod on a node (pkg/registry/core/pod/storage BindingREST). */
export const bindingSubresource: ActionSubresource = {
  type: 'action',
  gvk: { group: '', version: 'v1', kind: 'Binding' },
  run: (action) => bind(action.body as Binding, action.name, action),
};

/** POST bindings: the same by the name in the body. A uid in the body counts for nothing on this old route. */
export function createBinding(context: StrategyContext & { readonly body: KubeObject; readonly verbs: ObjectVerbs }): Promise<ActionResult> {
  const { uid: _ignored, ...metadata } = context.body.metadata;
  return bind({ ...(context.body as Binding), metadata }, metadata.name, context);
}

async function bind(binding: Binding, name: string, context: StrategyContext & { readonly verbs: ObjectVerbs }): Promise<ActionResult> {
  if (name !== binding.metadata.name) throw badRequest('name in URL does not match name in Binding object');
  const errors = bindingErrors(binding);
  if (errors.length > 0) {
    // The real server forgets to say what sort of error this is.
    const texts = errors.map(fieldErrorText);
    throw faultyRequest(texts.length === 1 ? (texts[0] as string) : `[${texts.join(', ')}]`);
  }
  const { namespace, verbs } = context;
  const node = binding.target.kind === 'Node' ? (verbs.get({ group: '', resource: 'nodes' }, '', binding.target.name ?? '') as Node | undefined) : undefined;
  const labels = { ...binding.metadata.labels, ...topologyLabels(node) };
  await verbs.modify<Pod>({ ...PODS, namespace, name, subresource: BINDING_WRITE }, (pod) => {
    checkPreconditions(pod, binding);
    assign(pod, binding, labels, context.now);
  });
  return { code: 201, object: successStatus(201) };
}

function bindingErrors({ target }: Binding): FieldError[] {
  const path = Path.of('target');
  const errors: FieldError[] = [];
  if (target?.kind && target.kind !== 'Node') errors.push(notSupported(path.child('kind'), target.kind, ['Node', '<empty>']));
  if (!target?.name) errors.push(required(path.child('name')));
  return errors;
}

export function topologyLabels(node: Node | undefined): Record<string, string> {
  const labels = node?.metadata.labels ?? {};
  return Object.fromEntries(TOPOLOGY_LABELS.filter((key) => labels[key] !== undefined).map((key) => [key, labels[key] as string]));
}

function checkPreconditions({ metadata }: Pod, binding: Binding): void {
  for (const [what, asked, found] of [
    ['UID', binding.metadata.uid, metadata.uid],
    ['ResourceVersion', binding.metadata.resourceVersion, metadata.resourceVersion],
  ] as const) {
    if (!asked || asked === found) continue;
    const key = `/registry/pods/${metadata.namespace}/${metadata.name}`;
    throw conflict(
      PODS,
      metadata.name,
      `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: ${what} in precondition: ${asked}, ${what} in object meta: ${found}`,
    );
  }
}

function assign(pod: Pod, binding: Binding, labels: Readonly<Record<string, string>>, now: string): void {
  const { metadata, spec } = pod;
  const refuse = (why: string): ApiError => conflict(PODS_BINDING, metadata.name, why);
  if (metadata.deletionTimestamp !== undefined) throw refuse(`pod ${metadata.name} is being deleted, cannot be assigned to a host`);
  if (spec.nodeName) throw refuse(`pod ${metadata.name} is already assigned to node ${JSON.stringify(spec.nodeName)}`);
  if ((spec.schedulingGates ?? []).length > 0) throw refuse(`pod ${metadata.name} has non-empty .spec.schedulingGates`);
  spec.nodeName = binding.target.name;
  if (binding.metadata.annotations) metadata.annotations = { ...metadata.annotations, ...binding.metadata.annotations };
  if (Object.keys(labels).length > 0) metadata.labels = { ...metadata.labels, ...labels };
  const status = (pod.status ??= {});
  delete status.nominatedNodeName;
  setPodCondition(status, { type: 'PodScheduled', status: 'True' }, now);
}
