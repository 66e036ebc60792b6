import { createHash } from 'node:crypto';
import { Quantity } from '../../api/quantity.js';
import { formatTime } from '../../api/time.js';
import type { ContainerImage, Node, NodeCondition, NodeStatus } from '../../api/types/core-v1.js';
import type { ContainerRuntime } from '../runtime.js';
import type { NodeConfig } from './node-config.js';

export const KUBELET_VERSION = 'v1.36.3';
const KUBELET_PORT = 10250;
const MAX_IMAGES = 50;
const MAX_NAMES_PER_IMAGE = 5;

/** What the node is short of, as tests may declare. */
export interface NodePressure {
  readonly memory: boolean;
  readonly disk: boolean;
  readonly pid: boolean;
}

export const NO_PRESSURE: NodePressure = { memory: false, disk: false, pid: false };

/** The object a kubelet registers itself with. */
export function initialNode(config: NodeConfig, status: NodeStatus): Node {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: config.name, labels: { ...config.labels }, annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' } },
    spec: { podCIDR: config.podCidr, podCIDRs: [config.podCidr], ...(config.taints.length > 0 ? { taints: config.taints.map((taint) => ({ ...taint })) } : {}) },
    status,
  };
}

/**
 * A node's status as its kubelet reports it, based on the one it has: resources that others have added stay, and
 * conditions keep the time of their last change.
 */
export function nodeStatus(config: NodeConfig, runtime: ContainerRuntime, bootId: string, old: NodeStatus | undefined, pressure: NodePressure, now: number): NodeStatus {
  const capacity = { ...old?.capacity, ...config.capacity };
  const conditions = [...(old?.conditions ?? []).filter((c) => !OWN_CONDITIONS.has(c.type)), ...ownConditions(pressure, old?.conditions ?? [], now)];
  return {
    ...old,
    addresses: [{ type: 'InternalIP', address: config.ip }, { type: 'Hostname', address: config.name }],
    allocatable: Object.fromEntries(Object.entries(capacity).map(([name, quantity]) => [name, allocatable(name, quantity)])),
    capacity,
    conditions,
    daemonEndpoints: { kubeletEndpoint: { Port: KUBELET_PORT } },
    features: { supplementalGroupsPolicy: true },
    images: imageList(runtime),
    nodeInfo: {
      architecture: config.labels['kubernetes.io/arch'] ?? 'amd64',
      bootID: bootId,
      containerRuntimeVersion: `${runtime.name}://${runtime.version}`,
      kernelVersion: '6.12.48',
      kubeProxyVersion: '',
      kubeletVersion: KUBELET_VERSION,
      machineID: idOf(config.name, 'machine'),
      operatingSystem: config.labels['kubernetes.io/os'] ?? 'linux',
      osImage: 'Debian GNU/Linux 13 (trixie)',
      systemUUID: uuidOf(config.name),
    },
    runtimeHandlers: ['', 'runc'].map((name) => ({ name, features: { recursiveReadOnlyMounts: true, userNamespaces: true } })),
  };
}

/** Nothing is reserved for the system on a simulated node. */
function allocatable(_name: string, quantity: string | number): string {
  return Quantity.parse(quantity).toString();
}

const OWN_CONDITIONS = new Set(['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure']);

function ownConditions(pressure: NodePressure, old: readonly NodeCondition[], now: number): NodeCondition[] {
  const time = formatTime(now);
  const condition = (type: string, status: boolean, reason: string, message: string): NodeCondition => {
    const before = old.find((c) => c.type === type);
    const text = status ? 'True' : 'False';
    return { type, status: text, lastHeartbeatTime: time, lastTransitionTime: (before?.status === text ? before.lastTransitionTime : undefined) ?? time, reason, message };
  };
  const pressureOf = (type: string, has: boolean, yes: readonly [string, string], no: readonly [string, string]): NodeCondition => condition(type, has, ...(has ? yes : no));
  return [
    pressureOf('MemoryPressure', pressure.memory, ['KubeletHasInsufficientMemory', 'kubelet has insufficient memory available'], ['KubeletHasSufficientMemory', 'kubelet has sufficient memory available']),
    pressureOf('DiskPressure', pressure.disk, ['KubeletHasDiskPressure', 'kubelet has disk pressure'], ['KubeletHasNoDiskPressure', 'kubelet has no disk pressure']),
    pressureOf('PIDPressure', pressure.pid, ['KubeletHasInsufficientPID', 'kubelet has insufficient PID available'], ['KubeletHasSufficientPID', 'kubelet has sufficient PID available']),
    condition('Ready', true, 'KubeletReady', 'kubelet is posting ready status'),
  ];
}

function imageList(runtime: ContainerRuntime): ContainerImage[] {
  return [...runtime.images.list()]
    .sort((a, b) => b.sizeBytes - a.sizeBytes)
    .slice(0, MAX_IMAGES)
    .map((image) => ({ names: [...image.digests, ...image.tags].slice(0, MAX_NAMES_PER_IMAGE), sizeBytes: image.sizeBytes }));
}

function idOf(name: string, kind: string): string {
  return createHash('sha256').update(`${kind}/${name}`).digest('hex').slice(0, 32);
}

function uuidOf(name: string): string {
  const id = idOf(name, 'system');
  return `${id.slice(0, 8)}-${id.slice(8, 12)}-4${id.slice(13, 16)}-a${id.slice(17, 20)}-${id.slice(20, 32)}`;
}
