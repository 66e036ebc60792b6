import { decode, encode, type Packet, type Question } from 'dns-packet';
import { answerQuestion } from './dns-packets.js';
import { PodNetwork } from './pod-network.js';
import type { ServiceRouter } from './service-router.js';

const router: ServiceRouter = {
  route: () => undefined,
  isNode: () => false,
  service: (namespace, name) =>
    namespace === 'shop' && name === 'web'
      ? { namespace, name, clusterIps: ['10.96.1.2'], externalName: undefined, endpoints: () => [], ports: [{ name: 'http', port: 80, protocol: 'TCP' }] }
      : undefined,
  namesOf: (ip) => (ip === '10.96.1.2' ? ['web.shop.svc'] : []),
};
const network = new PodNetwork({ services: router });
const ask = (name: string, type: Question['type']): Packet => decode(Buffer.from(answerQuestion(encode({ type: 'query', id: 7, flags: 256, questions: [{ name, type }] }), network) ?? []));

describe('packets of the cluster\'s DNS', () => {
  test('carry addresses of Services', () => {
    expect(ask('Web.shop.svc.cluster.local', 'A')).toMatchObject({ id: 7, type: 'response', rcode: 'NOERROR', answers: [{ type: 'A', data: '10.96.1.2' }] });
    expect(ask('web.shop.svc.cluster.local', 'AAAA')).toMatchObject({ rcode: 'NOERROR', answers: [] });
  });

  test('carry ports, names and texts', () => {
    expect(ask('_http._tcp.web.shop.svc.cluster.local', 'SRV')).toMatchObject({ answers: [{ data: { priority: 0, weight: 100, port: 80, target: 'web.shop.svc.cluster.local' } }], additionals: [{ type: 'A', data: '10.96.1.2' }] });
    expect(ask('2.1.96.10.in-addr.arpa', 'PTR')).toMatchObject({ answers: [{ data: 'web.shop.svc.cluster.local' }] });
    expect(ask('dns-version.cluster.local', 'TXT').answers?.[0]).toMatchObject({ data: [Buffer.from('1.1.0')] });
  });

  test('say which names do not exist, and that others have no such record', () => {
    expect(ask('example.com', 'A')).toMatchObject({ rcode: 'NXDOMAIN', answers: [] });
    expect(ask('other.shop.svc.cluster.local', 'A')).toMatchObject({ rcode: 'NXDOMAIN' });
    expect(ask('web.shop.svc.cluster.local', 'MX')).toMatchObject({ rcode: 'NOERROR', answers: [] });
  });

  test('answer nothing to what is no question', () => {
    expect(answerQuestion(Buffer.from('not dns'), network)).toBeUndefined();
    expect(answerQuestion(encode({ type: 'response', id: 1, questions: [{ name: 'web.shop.svc.cluster.local', type: 'A' }] }), network)).toBeUndefined();
  });
});
