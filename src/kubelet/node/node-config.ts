/** What a simulated node claims to be. */
export interface NodeConfig {
  readonly name: string;
  readonly ip: string;
  readonly podCidr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly capacity: Readonly<Record<string, string>>;
  readonly taints: ReadonlyArray<{ readonly key: string; readonly value?: string; readonly effect: string }>;
  /** How long the node's Lease is good for; it is renewed in a quarter of that (KubeletConfiguration.nodeLeaseDurationSeconds). */
  readonly leaseSeconds: number;
}

export const DEFAULT_LEASE_SECONDS = 40;

export const DEFAULT_CAPACITY: Readonly<Record<string, string>> = {
  cpu: '32',
  'ephemeral-storage': '1Ti',
  'hugepages-1Gi': '0',
  'hugepages-2Mi': '0',
  memory: '256Gi',
  pods: '110',
};

/** How many zones the nodes are spread over is up to their number: node N is in zone-N, as design.md says. */
export function nodeConfig(index: number, overrides: Partial<NodeConfig> = {}): NodeConfig {
  const name = overrides.name ?? `node-${index}`;
  const host = index + 2;
  const labels = {
    'beta.kubernetes.io/arch': 'amd64',
    'beta.kubernetes.io/os': 'linux',
    'kubernetes.io/arch': 'amd64',
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': 'linux',
    'topology.kubernetes.io/zone': `zone-${index}`,
  };
  return {
    name,
    ip: overrides.ip ?? `172.18.${Math.floor(host / 256)}.${host % 256}`,
    podCidr: overrides.podCidr ?? podCidr(index),
    labels: { ...labels, ...overrides.labels },
    capacity: { ...DEFAULT_CAPACITY, ...overrides.capacity },
    taints: overrides.taints ?? [],
    leaseSeconds: overrides.leaseSeconds ?? DEFAULT_LEASE_SECONDS,
  };
}

/** Where the nodes' blocks begin: 10.244.0.0/24 is node-0's. */
const FIRST_BLOCK = 244 * 256;
/** Past 10.255.255.0/24 they go on here, far from the Services' 10.96.0.0/16. */
const FURTHER_BLOCK = 128 * 256;

function podCidr(index: number): string {
  const here = 256 * 256 - FIRST_BLOCK;
  const block = index < here ? FIRST_BLOCK + index : FURTHER_BLOCK + index - here;
  return `10.${Math.floor(block / 256)}.${block % 256}.0/24`;
}
