import { duplicate, forbidden, internal, invalid, notSupported, Path, required, tooLong, type FieldError } from '../../../api/field.js';
import { parseIp, validateIpForLegacyField } from '../../../api/ip.js';
import { isUserId } from '../../../api/names.js';
import type { Container, ContainerStatus, Pod, PodCondition, PodExtendedResourceClaimStatus, PodSpec } from '../../../api/types/core-v1.js';
import { validatePodAnnotationUpdate } from '../../shared/pod-annotation-validation.js';
import { validateDnsLabel, validateObjectName, validateQualifiedName } from '../../shared/simple-checks.js';

const STATUS = Path.of('status');
const STATUS_LISTS = ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses'] as const;

/** Errors of a write to pods/NAME/status (ValidatePodStatusUpdate). The spec is the old one already. */
export function validatePodStatusUpdate(pod: Pod, old: Pod): FieldError[] {
  const status = pod.status ?? {};
  const before = old.status ?? {};
  const errors = [
    ...validatePodAnnotationUpdate(pod.metadata.annotations, old.metadata.annotations, Path.of('metadata', 'annotations')),
    ...validateConditions(status.conditions, STATUS.child('conditions')),
  ];
  const nominated = status.nominatedNodeName ?? '';
  if (nominated && nominated !== (before.nominatedNodeName ?? '')) {
    errors.push(...validateObjectName(nominated, STATUS.child('nominatedNodeName')));
    if (old.spec.nodeName) errors.push(forbidden(STATUS.child('nominatedNodeName'), 'may not be set on pods that are already bound to a node'));
  }
  if ((status.observedGeneration ?? 0) < 0) errors.push(invalid(STATUS.child('observedGeneration'), status.observedGeneration, 'must be a non-negative integer'));
  if ((status.qosClass ?? '') !== (before.qosClass ?? '')) errors.push(invalid(STATUS.child('qosClass'), status.qosClass ?? '', 'field is immutable'));
  errors.push(
    ...validateTransitions(status.containerStatuses, before.containerStatuses, old.spec, 'containers', STATUS.child('containerStatuses')),
    ...validateTransitions(status.initContainerStatuses, before.initContainerStatuses, old.spec, 'initContainers', STATUS.child('initContainerStatuses')),
    ...validateTransitions(status.ephemeralContainerStatuses, before.ephemeralContainerStatuses, old.spec, undefined, STATUS.child('ephemeralContainerStatuses')),
    ...validateClaimStatuses(pod),
    ...validateExtendedClaim(status.extendedResourceClaimStatus, pod.spec, STATUS.child('extendedResourceClaimStatus')),
    ...validateIps((status.podIPs ?? []).map(({ ip }) => ip), (before.podIPs ?? []).map(({ ip }) => ip), status.podIPs, STATUS.child('podIPs')),
  );
  const hostIps = (status.hostIPs ?? []).map(({ ip }) => ip);
  if (hostIps.length > 0) {
    if ((status.hostIP ?? '') !== hostIps[0]) errors.push(invalid(STATUS.child('hostIPs').index(0).child('ip'), hostIps[0], 'must be equal to `hostIP`'));
    errors.push(...validateIps(hostIps, (before.hostIPs ?? []).map(({ ip }) => ip), status.hostIPs, STATUS.child('hostIPs')));
  }
  for (const list of STATUS_LISTS) errors.push(...validateUsers(status[list], pod.spec, STATUS.child(list)));
  errors.push(...validateAllocatedResources(status.containerStatuses, pod.spec.containers, STATUS.child('containerStatuses')));
  errors.push(...validateAllocatedResources(status.initContainerStatuses, pod.spec.initContainers, STATUS.child('initContainerStatuses')));
  (status.ephemeralContainerStatuses ?? []).forEach((container, i) => {
    if ((container.allocatedResourcesStatus ?? []).length === 0) return;
    errors.push(forbidden(STATUS.child('ephemeralContainerStatuses').index(i).child('allocatedResourcesStatus'), 'must not be specified in container status'));
  });
  return errors;
}

function validateConditions(conditions: readonly PodCondition[] | undefined, path: Path): FieldError[] {
  return (conditions ?? []).flatMap(({ type, observedGeneration = 0 }, i) => [
    ...(observedGeneration < 0 ? [invalid(path.index(i).child('observedGeneration'), observedGeneration, 'must be a non-negative integer')] : []),
    ...(['PodScheduled', 'Ready', 'Initialized'].includes(type) ? [] : validateQualifiedName(type ?? '', path.index(i).child('Type'))),
  ]);
}

/** A container that has ended may run again only if its restart policy and rules allow it. */
function validateTransitions(
  statuses: readonly ContainerStatus[] | undefined,
  old: readonly ContainerStatus[] | undefined,
  spec: PodSpec,
  list: 'containers' | 'initContainers' | undefined,
  path: Path,
): FieldError[] {
  const rules = [...(spec.initContainers ?? []), ...(spec.containers ?? [])].flatMap((container) => container.restartPolicyRules ?? []);
  if (list && rules.some((rule) => rule.action === 'RestartAllContainers')) return [];
  return (old ?? []).flatMap((before, i) => {
    const ended = before.state?.terminated;
    if (!ended) return [];
    const restarted = (statuses ?? []).some((status) => status.name === before.name && !status.state?.terminated);
    const container = list && (spec[list] ?? []).find(({ name }) => name === before.name);
    if (!restarted || (container && shouldRestart(container, spec, ended.exitCode))) return [];
    return [forbidden(path.index(i).child('state'), 'may not be transitioned to non-terminated state')];
  });
}

/** Whether a container that ended with this code starts again: its own rules, its own policy, the pod's policy. */
export function shouldRestart(container: Container, spec: PodSpec, exitCode: number): boolean {
  if (container.restartPolicy !== undefined) {
    const rule = (container.restartPolicyRules ?? []).find(({ exitCodes }) => {
      const listed = (exitCodes?.values ?? []).includes(exitCode);
      return exitCodes?.operator === 'In' ? listed : exitCodes?.operator === 'NotIn' && !listed;
    });
    if (rule?.action === 'Restart' || rule?.action === 'RestartAllContainers') return true;
  }
  switch (container.restartPolicy ?? spec.restartPolicy) {
    case 'OnFailure':
      return exitCode !== 0;
    case 'Never':
      return false;
    default:
      return true;
  }
}

function validateClaimStatuses({ spec, status }: Pod): FieldError[] {
  const claims = new Set((spec.resourceClaims ?? []).map(({ name }) => name));
  const seen = new Set<string>();
  return (status?.resourceClaimStatuses ?? []).flatMap(({ name, resourceClaimName }, i) => {
    const at = STATUS.child('resourceClaimStatuses').index(i);
    const errors: FieldError[] = [];
    if (!claims.has(name)) errors.push(invalid(at.child('name'), name, 'must match the name of an entry in `spec.resourceClaims`'));
    if (seen.has(name)) errors.push(duplicate(at.child('name'), name));
    seen.add(name);
    if (resourceClaimName !== undefined) errors.push(...validateObjectName(resourceClaimName, at.child('resourceClaimName')));
    return errors;
  });
}

function validateExtendedClaim(status: PodExtendedResourceClaimStatus | undefined, spec: PodSpec, path: Path): FieldError[] {
  if (!status) return [];
  const containers = new Map([...(spec.initContainers ?? []), ...(spec.containers ?? [])].map((container) => [container.name, container]));
  const errors: FieldError[] = [];
  const mappings = status.requestMappings ?? [];
  if (mappings.length === 0) errors.push(required(path.child('requestMappings'), 'at least one request mapping is required'));
  const seen = new Set<string>();
  mappings.forEach(({ containerName, resourceName, requestName }, i) => {
    const at = path.child('requestMappings').index(i);
    const container = containers.get(containerName);
    if (!container) errors.push(invalid(at.child('containerName'), containerName, 'must match the name of an entry in spec.initContainers.name or spec.containers.name'));
    else if (container.resources?.requests?.[resourceName] === undefined) {
      errors.push(invalid(at.child('resourceName'), resourceName, 'must match the extended resource name of an entry in spec.initContainers.resources.requests or spec.containers.resources.requests'));
    }
    errors.push(...validateDnsLabel(requestName, path.child('requestName')));
    const key = JSON.stringify([containerName, resourceName, requestName]);
    if (seen.has(key)) {
      errors.push(duplicate(at.child('containerName'), containerName), duplicate(at.child('resourceName'), resourceName), duplicate(at.child('requestName'), requestName));
    }
    seen.add(key);
  });
  errors.push(...(status.resourceClaimName ? validateObjectName(status.resourceClaimName, path.child('resourceClaimName')) : [required(path.child('resourceClaimName'))]));
  return errors;
}

/** Addresses: valid ones, or invalid ones that were there before; two at most, one of each family. */
function validateIps(ips: readonly string[], old: readonly string[], shown: ReadonlyArray<{ ip: string }> | undefined, path: Path): FieldError[] {
  const errors = ips.flatMap((ip, i) => validateIpForLegacyField(path.index(i), ip, true, old));
  if (ips.length > 1) {
    const families = ips.map((ip) => parseIp(ip)?.family);
    const unreadable = families.indexOf(undefined);
    if (unreadable >= 0) errors.push(internal(path, `failed to check for dual stack with error:invalid IP[${unreadable}]: ${ips[unreadable]}`));
    if (ips.length > 2 || unreadable >= 0 || new Set(families).size < 2) {
      errors.push(invalid(path, (shown ?? []).map(({ ip }) => ({ IP: ip })), 'may specify no more than one IP for each IP family'));
    }
  }
  return errors;
}

function validateUsers(statuses: readonly ContainerStatus[] | undefined, spec: PodSpec, path: Path): FieldError[] {
  const os = spec.os?.name ?? 'linux';
  return (statuses ?? []).flatMap(({ user }, i) => {
    const linux = user?.linux;
    if (!linux) return [];
    const at = path.index(i).child('user', 'linux');
    if (os === 'windows') return [forbidden(at, 'cannot be set for a windows pod')];
    if (os !== 'linux') return [];
    const check = (id: number, where: Path): FieldError[] => isUserId(id ?? 0).map((text) => invalid(where, id, text));
    return [
      ...check(linux.uid, at.child('uid')),
      ...check(linux.gid, at.child('gid')),
      ...(linux.supplementalGroups ?? []).flatMap((id, g) => check(id, at.child('supplementalGroups').index(g))),
    ];
  });
}

const HEALTH = ['Healthy', 'Unhealthy', 'Unknown'];
const HEALTH_MESSAGE_MAX = 1024;

/** Health of devices that containers have (KEP-4680). */
function validateAllocatedResources(statuses: readonly ContainerStatus[] | undefined, containers: readonly Container[] | undefined, path: Path): FieldError[] {
  return (statuses ?? []).flatMap(({ name, allocatedResourcesStatus }, i) =>
    (allocatedResourcesStatus ?? []).flatMap((allocated, j) => {
      const at = path.index(i).child('allocatedResourcesStatus').index(j);
      const errors: FieldError[] = [];
      const container = (containers ?? []).find((other) => other.name === name);
      if (container) {
        const isClaim = allocated.name.startsWith('claim:');
        const found = isClaim
          ? (container.resources?.claims ?? []).some((claim) => `claim:${claim.name}${claim.request ? `/${claim.request}` : ''}` === allocated.name)
          : container.resources?.requests?.[allocated.name] !== undefined;
        const text = isClaim
          ? "must match one of the container's resource claims in a format 'claim:<claimName>/<request>' or 'claim:<claimName>' if request is empty"
          : "must match one of the container's resource requests";
        if (!found) errors.push(invalid(at.child('name'), allocated.name, text));
      }
      const ids = new Set<string>();
      (allocated.resources ?? []).forEach(({ health = '', message, resourceID }, k) => {
        const where = at.child('resources').index(k);
        if (!HEALTH.includes(health)) errors.push(notSupported(where.child('health'), health, HEALTH));
        if (message === '') errors.push(required(where.child('message'), 'must be non-empty if specified'));
        else if (message && Buffer.byteLength(message) > HEALTH_MESSAGE_MAX) errors.push(tooLong(where.child('message'), HEALTH_MESSAGE_MAX));
        if (ids.has(resourceID)) errors.push(duplicate(where.child('resourceID'), resourceID));
        ids.add(resourceID);
      });
      return errors;
    }),
  );
}
