import { readFileSync } from 'node:fs';
import type { CertificateSigningRequest } from '../../src/api/types/certificates-v1.js';
import { createCluster, type Cluster, type KubeObject, type ResourceClient } from '../../src/index.js';
import { until } from '../support/until.js';

interface Recorded {
  readonly name: string;
  readonly signerName: string;
  readonly usages: readonly string[];
  /** PEM */
  readonly request: string;
  readonly decide: 'approve' | 'deny' | '';
  /** Without their times. */
  readonly conditions: readonly object[];
  readonly issued: boolean;
}

/** What became of requests in a real control plane v1.36.3, made and decided by an administrator. */
const recorded = JSON.parse(readFileSync(new URL('../fixtures/certificates.json', import.meta.url), 'utf8')) as Recorded[];
const REQUESTS = { group: 'certificates.k8s.io', version: 'v1', resource: 'certificatesigningrequests' };
const DECISIONS = {
  approve: { type: 'Approved', status: 'True', reason: 'KubectlApprove', message: 'This CSR was approved by kubectl certificate approve.' },
  deny: { type: 'Denied', status: 'True', reason: 'KubectlDeny', message: 'This CSR was denied by kubectl certificate deny.' },
};

const HOUR = 3_600_000;

describe('certificate signing requests', () => {
  let cluster: Cluster;
  let requests: ResourceClient<CertificateSigningRequest & KubeObject>;

  beforeAll(async () => {
    cluster = await createCluster({ nodes: 0, addons: [] });
    requests = cluster.api.resource(REQUESTS);
  });

  afterAll(() => cluster.stop());

  const submit = ({ name, signerName, usages, request }: Recorded): Promise<unknown> =>
    requests.create({ apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest', metadata: { name }, spec: { signerName, usages: [...usages] as CertificateSigningRequest['spec']['usages'], request: Buffer.from(request).toString('base64') } });

  test.each(recorded.map((one) => [one.name, one] as const))('%s: approved, signed and refused as by the real controllers', async (name, one) => {
    await submit(one);
    if (one.decide) {
      const fresh = await requests.get(name);
      await requests.updateSubresource({ ...fresh, status: { conditions: [DECISIONS[one.decide]] } }, 'approval');
    }
    const status = await until(async () => {
      const { status: now } = await requests.get(name);
      return now?.conditions?.length === one.conditions.length && Boolean(now.certificate) === one.issued ? now : undefined;
    }, 'the request is dealt with');
    expect(status.conditions?.map(({ lastTransitionTime: _a, lastUpdateTime: _b, ...condition }) => condition)).toEqual(one.conditions);
  });

  test('are cleaned away: an hour after a decision, a day after nobody has cared', async () => {
    const pending = { ...(recorded.find(({ name }) => name === 'custom') as Recorded), name: 'pending' };
    await submit(pending);
    const left = async (): Promise<string[]> => (await requests.list()).items.map(({ metadata }) => metadata.name);
    await cluster.clock.advance(HOUR + 2000);
    await until(async () => (await left()).length === 2, 'what was decided is gone');
    // Approved, but its signer is nobody here.
    expect(await left()).toEqual(['custom', 'pending']);
    await cluster.clock.advance(23 * HOUR);
    await until(async () => (await left()).length === 0, 'what waited in vain is gone');
  });
});
