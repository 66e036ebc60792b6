import type { Ids } from '../../base/ids.js';
import type { NodeSelector, NodeSelectorRequirement } from '../../api/types/core-v1.js';
import type { AllocationResult, DeviceAllocationConfiguration, DeviceRequestAllocationResult, ResourceClaim } from '../../api/types/resource-v1.js';
import type { ChosenDevice } from './allocator.js';
import { type ClassLookup, requestsOf } from './requests.js';

/** What a claim's status says of the devices that were chosen for it. */
export function allocationResult(claim: ResourceClaim, chosen: readonly ChosenDevice[], node: string, { classes, ids }: { readonly classes: ClassLookup; readonly ids: Pick<Ids, 'uid'> }): AllocationResult {
  const config = configOf(claim, chosen, classes);
  const nodeSelector = selectorOf(chosen, node);
  return {
    devices: { results: chosen.map((one) => resultOf(one, ids)), ...(config.length > 0 ? { config } : {}) },
    ...(nodeSelector ? { nodeSelector } : {}),
  };
}

function resultOf({ device, slice, wanted, consumed }: ChosenDevice, ids: Pick<Ids, 'uid'>): DeviceRequestAllocationResult {
  const { bindingConditions, bindingFailureConditions } = device;
  return {
    request: wanted.name,
    driver: slice.spec.driver,
    pool: slice.spec.pool.name,
    device: device.name,
    ...(wanted.adminAccess ? { adminAccess: true } : {}),
    ...(wanted.tolerations ? { tolerations: wanted.tolerations.map((toleration) => ({ ...toleration })) } : {}),
    ...(bindingConditions ? { bindingConditions, bindingFailureConditions } : {}),
    ...(consumed ? { shareID: ids.uid() } : {}),
    ...(consumed && consumed.size > 0 ? { consumedCapacity: Object.fromEntries([...consumed].map(([name, amount]) => [name, amount.toString()])) } : {}),
  };
}

/** The configuration of classes, for the requests that they are used for, then the claim's own. */
function configOf(claim: ResourceClaim, chosen: readonly ChosenDevice[], classes: ClassLookup): DeviceAllocationConfiguration[] {
  const used = requestsOf(claim).flatMap(({ name }) => chosen.find(({ wanted }) => wanted.request === name)?.wanted ?? []);
  const config: DeviceAllocationConfiguration[] = [];
  for (const className of new Set(used.map((wanted) => wanted.className))) {
    const requests = used.filter((wanted) => wanted.className === className).map(({ name }) => name);
    for (const own of classes(className)?.spec.config ?? []) config.push({ source: 'FromClass', requests, ...own });
  }
  for (const own of claim.spec.devices?.config ?? []) {
    const names = own.requests ?? [];
    const times = names.length === 0 ? 1 : used.filter(({ name, request }) => names.includes(name) || names.includes(request)).length;
    for (let i = 0; i < times; i++) config.push({ source: 'FromClaim', ...own });
  }
  return config;
}

/** Where the devices can be used: on one node, where a selector matches, or (undefined) everywhere. */
function selectorOf(chosen: readonly ChosenDevice[], node: string): NodeSelector | undefined {
  const matchFields: NodeSelectorRequirement[] = [];
  const matchExpressions: NodeSelectorRequirement[] = [];
  for (const { device, slice } of chosen) {
    const { nodeName, nodeSelector } = slice.spec.perDeviceNodeSelection ? device : slice.spec;
    if (nodeName !== undefined || device.bindsToNode) return { nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] }] };
    const [term] = nodeSelector?.nodeSelectorTerms ?? [];
    addNew(term?.matchFields, matchFields);
    addNew(term?.matchExpressions, matchExpressions);
  }
  if (matchFields.length === 0 && matchExpressions.length === 0) return undefined;
  return { nodeSelectorTerms: [{ ...(matchExpressions.length > 0 ? { matchExpressions } : {}), ...(matchFields.length > 0 ? { matchFields } : {}) }] };
}

function addNew(from: readonly NodeSelectorRequirement[] | undefined, into: NodeSelectorRequirement[]): void {
  const key = (requirement: NodeSelectorRequirement): string => JSON.stringify([requirement.key, requirement.operator, requirement.values]);
  for (const requirement of from ?? []) if (!into.some((known) => key(known) === key(requirement))) into.push(requirement);
}
