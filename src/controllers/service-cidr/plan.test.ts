import type { ServiceCIDR } from '../../api/types/networking-v1.js';
import { mayGo, overlap } from './plan.js';

const range = (name: string, ...cidrs: string[]): ServiceCIDR => ({ apiVersion: 'networking.k8s.io/v1', kind: 'ServiceCIDR', metadata: { name }, spec: { cidrs } });

test.each<[string[], Array<[string, ...string[]]>, string[], boolean]>([
  [['10.0.0.0/24'], [], [], true],
  [['10.0.0.0/24'], [], ['10.0.0.7'], false],
  [['10.0.0.0/24'], [], ['10.0.1.7', 'nonsense'], true],
  [['10.0.0.0/24'], [['b', '10.0.0.0/16']], ['10.0.0.7'], true],
  [['10.0.0.0/24'], [['b', '10.0.0.0/24']], ['10.0.0.7'], true],
  [['10.0.0.0/16'], [['b', '10.0.0.0/24']], ['10.0.0.7'], true],
  [['10.0.0.0/16'], [['b', '10.0.0.0/24']], ['10.0.0.7', '10.0.1.1'], false],
  [['10.0.0.0/24', 'fd00::/64'], [['b', '10.0.0.0/16']], ['fd00::5'], false],
  [['10.0.0.0/24', 'fd00::/64'], [['b', '10.0.0.0/16', 'fd00::/48']], ['fd00::5'], true],
])('%j with %j besides and %j in use may go: %s', (cidrs, others, addresses, expected) => {
  const own = range('a', ...cidrs);
  expect(mayGo(own, [own, ...others.map(([name, ...rest]) => range(name, ...rest))], addresses)).toBe(expected);
});

test.each([
  ['10.0.0.0/16', '10.0.3.0/24', true],
  ['10.0.3.0/24', '10.0.0.0/16', true],
  ['10.0.0.0/24', '10.0.1.0/24', false],
  ['::/0', '10.0.1.0/24', false],
])('%s and %s have addresses in common: %s', (a, b, expected) => {
  expect(overlap(range('a', a), range('b', b))).toBe(expected);
});
