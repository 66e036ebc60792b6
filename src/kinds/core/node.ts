import { duplicate, forbidden, internal, invalid, notSupported, Path, required, type FieldError } from '../../api/field.js';
import { parseCidr, validateCidrForLegacyField, warningsForCidr } from '../../api/ip.js';
import { isLabelKey, isLabelValue } from '../../api/names.js';
import type { Node, Taint } from '../../api/types/core-v1.js';
import type { Cell, Kind, Strategy } from '../../registry/kind.js';
import { age } from '../common/printing.js';
import { defineKind, statusStrategy } from '../define-kind.js';
import type { KindEnvironment } from '../environment.js';
import { sortedEntries } from '../shared/resource-list.js';
import { validateResourceQuantity } from '../shared/resource-requirements-validation.js';
import { validatePositive } from '../shared/simple-checks.js';
import { nodeProxySubresource } from './node-proxy.js';

const TAINT_EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];
/** Taints are told at the path of metadata: a slip of Kubernetes that clients know. */
const TAINTS = Path.of('metadata', 'taints');
const POD_CIDRS = Path.of('spec', 'podCIDRs');

function defaults(node: Node): void {
  node.spec ??= {};
  const { spec, status } = node;
  // The singular is the older field; where they differ it counts.
  if (spec.podCIDR && spec.podCIDR !== spec.podCIDRs?.[0]) spec.podCIDRs = [spec.podCIDR];
  if (spec.podCIDRs?.[0]) spec.podCIDR = spec.podCIDRs[0];
  if (status?.capacity && !status.allocatable) status.allocatable = { ...status.capacity };
}

function taintErrors(taints: readonly Taint[]): FieldError[] {
  const seen = new Set<string>();
  return taints.flatMap((taint, i) => {
    const path = TAINTS.index(i);
    const { key, value = '', effect } = taint;
    const errors = isLabelKey(key).map((text) => invalid(path.child('key'), key, text));
    const valueProblems = isLabelValue(value);
    if (valueProblems.length > 0) errors.push(invalid(path.child('value'), value, valueProblems.join(';')));
    if (effect === '') errors.push(required(path.child('effect')));
    else if (!TAINT_EFFECTS.includes(effect)) errors.push(notSupported(path.child('effect'), effect, TAINT_EFFECTS));
    const id = `${effect}\n${key}`;
    if (seen.has(id)) errors.push({ ...duplicate(path, { Key: key, Value: value, Effect: effect, TimeAdded: taint.timeAdded ?? null }), detail: 'taints must be unique by key and effect pair' });
    seen.add(id);
    return errors;
  });
}

function resourceErrors({ status }: Node): FieldError[] {
  return (['capacity', 'allocatable'] as const).flatMap((list) => sortedEntries(status?.[list]).flatMap(([name, quantity]) => validateResourceQuantity(name, quantity, Path.of('status', list, name))));
}

const FEATURE = /^[A-Z][a-zA-Z0-9]*(\/[a-zA-Z][a-zA-Z0-9]*)*$/;

function featureErrors({ status }: Node): FieldError[] {
  const path = Path.of('status', 'declaredFeatures');
  const features = status?.declaredFeatures ?? [];
  return features.flatMap((feature, i) => {
    const errors: FieldError[] = [];
    const quoted = JSON.stringify(feature);
    if (Buffer.byteLength(feature) > 253) errors.push(invalid(path.index(i), feature, `invalid feature name ${quoted}: must be no more than 253 characters`));
    else if (!FEATURE.test(feature)) {
      errors.push(
        invalid(
          path.index(i),
          feature,
          `invalid feature name ${quoted}: must start with an UpperCamelCase segment, with subsequent segments separated by '/' (e.g., MyFeature or MyFeature/mySubFeature), and contain only alphanumeric characters and slashes`,
        ),
      );
    }
    const next = features[i + 1];
    if (next === feature) errors.push(duplicate(path.index(i + 1), next));
    else if (next !== undefined && feature > next) errors.push(invalid(path.index(i + 1), next, 'list must be sorted alphabetically'));
    return errors;
  });
}

function validate(node: Node): FieldError[] {
  const { spec, status } = node;
  const errors = [...taintErrors(spec.taints ?? []), ...resourceErrors(node)];
  const swap = status?.nodeInfo?.swap;
  if (swap?.capacity !== undefined) errors.push(...validatePositive(swap.capacity, Path.of('metadata', 'nodeSwapStatus', 'capacity')));
  errors.push(...featureErrors(node));
  const cidrs = spec.podCIDRs ?? [];
  errors.push(...cidrs.flatMap((cidr, i) => validateCidrForLegacyField(POD_CIDRS.index(i), cidr, true)));
  const malformed = cidrs.findIndex((cidr) => !parseCidr(cidr));
  if (cidrs.length > 1 && malformed >= 0) {
    errors.push(internal(POD_CIDRS, `invalid PodCIDRs. failed to check with dual stack with error:invalid CIDR[${malformed}]: <nil> (invalid CIDR address: ${cidrs[malformed]})`));
  }
  if (cidrs.length > 1 && (malformed >= 0 || cidrs.length > 2 || new Set(cidrs.map((cidr) => parseCidr(cidr)?.family)).size < 2)) {
    errors.push(invalid(POD_CIDRS, cidrs, 'may specify no more than one CIDR for each IP family'));
  }
  return errors;
}

/** What holds for updates on every route. */
function changeErrors(node: Node, old: Node): FieldError[] {
  const errors = [...resourceErrors(node), ...featureErrors(node)];
  const seen = new Set<string>();
  (node.status?.addresses ?? []).forEach(({ type, address }, i) => {
    const id = `${type}\n${address}`;
    if (seen.has(id)) errors.push(duplicate(Path.of('status', 'addresses').index(i), { Type: type, Address: address }));
    seen.add(id);
  });
  const [now, before] = [node.spec.podCIDRs ?? [], old.spec.podCIDRs ?? []];
  if (before.length > 0) {
    const changed = forbidden(POD_CIDRS, 'node updates may not change podCIDR except from "" to valid');
    if (before.length !== now.length) errors.push(changed);
    else errors.push(...before.flatMap((cidr, i) => (cidr === now[i] ? [] : [changed])));
  }
  if (old.spec.providerID && old.spec.providerID !== node.spec.providerID) errors.push(forbidden(Path.of('spec', 'providerID'), 'node updates may not change providerID except from "" to valid'));
  errors.push(...taintErrors(node.spec.taints ?? []));
  if ((node.spec.externalID ?? '') !== (old.spec.externalID ?? '')) errors.push(forbidden(Path.of('spec', 'externalID'), 'may not be updated'));
  return errors;
}

const strategy: Strategy<Node> = {
  generation: 'none',
  // A kubelet registers its node together with the status.
  keepsStatus: false,
  defaults,
  prepareForCreate(node) {
    delete node.spec.configSource;
    delete node.status?.config;
  },
  prepareForUpdate(node, old) {
    if (old.status) node.status = old.status;
    else delete node.status;
    if (!old.spec.configSource) delete node.spec.configSource;
  },
  validate,
  validateUpdate: (node, old) => [...validate(node), ...changeErrors(node, old)],
  warnings({ spec }) {
    return [
      ...(spec.configSource ? ['spec.configSource: the feature is removed'] : []),
      ...(spec.externalID ? ['spec.externalID: this field is deprecated, and is unused by Kubernetes'] : []),
      ...(spec.podCIDRs ?? []).flatMap((cidr, i) => warningsForCidr(POD_CIDRS.index(i), cidr)),
    ];
  },
  resetFields: [['status']],
};

const statusRoute = statusStrategy(strategy, {
  prepareForUpdate(node, old) {
    node.spec = old.spec;
    if (!old.status?.config) delete node.status?.config;
  },
  validateUpdate: changeErrors,
});

const ROLE_PREFIX = 'node-role.kubernetes.io/';

function rolesOf({ metadata }: Node): string {
  const roles = Object.entries(metadata.labels ?? {}).flatMap(([key, value]) => {
    if (key.startsWith(ROLE_PREFIX)) return key.slice(ROLE_PREFIX.length) || [];
    return key === 'kubernetes.io/role' && value ? value : [];
  });
  return [...new Set(roles)].sort().join(',') || '<none>';
}

function cells(node: Node, nowMs: number): readonly Cell[] {
  const { metadata, spec, status } = node;
  const ready = (status?.conditions ?? []).findLast((condition) => condition.type === 'Ready');
  const state = ready ? (ready.status === 'True' ? 'Ready' : 'NotReady') : 'Unknown';
  const info = status?.nodeInfo;
  const address = (type: string): string => (status?.addresses ?? []).find((a) => a.type === type)?.address ?? '<none>';
  return [
    metadata.name,
    spec.unschedulable ? `${state},SchedulingDisabled` : state,
    rolesOf(node),
    age(metadata.creationTimestamp, nowMs),
    info?.kubeletVersion ?? '',
    address('InternalIP'),
    address('ExternalIP'),
    info?.osImage || '<unknown>',
    `${info?.kernelVersion || '<unknown>'}${info?.architecture ? ` (${info.architecture})` : ''}`,
    info?.containerRuntimeVersion || '<unknown>',
  ];
}

/** Nodes: https://kubernetes.io/docs/concepts/architecture/nodes/ */
export function nodeKind(environment: KindEnvironment): Kind<Node> {
  return defineKind<Node>(
    { group: '', version: 'v1', kind: 'Node' },
    {
      strategy,
      subresources: { status: { type: 'object', strategy: statusRoute as Strategy }, proxy: nodeProxySubresource(environment) },
      selectableFields: { 'metadata.namespace': undefined, 'spec.unschedulable': ({ spec }) => String(spec.unschedulable ?? false) },
      cells,
    },
  );
}
