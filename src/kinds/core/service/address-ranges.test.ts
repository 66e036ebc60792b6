import type { Service } from '../../../api/types/core-v1.js';
import type { ServiceCIDR } from '../../../api/types/networking-v1.js';
import { RandomIds } from '../../../base/ids.js';
import type { Reader } from '../../../watch/types.js';
import { AddressRanges } from './address-ranges.js';

const ids = new RandomIds();

const service = (name: string, address: string): Service => ({ apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: 'a' }, spec: { clusterIP: address, clusterIPs: [address] } }) as unknown as Service;
const range = (cidr: string, extra: object = {}, status = 'True'): ServiceCIDR =>
  ({ apiVersion: 'networking.k8s.io/v1', kind: 'ServiceCIDR', metadata: { name: 'r', ...extra }, spec: { cidrs: [cidr] }, status: { conditions: [{ type: 'Ready', status }] } }) as unknown as ServiceCIDR;
const reader = (ranges: readonly ServiceCIDR[], services: readonly Service[] = []): Reader =>
  ({ list: (prefix: string) => ({ entries: (prefix.startsWith('core/services') ? services : ranges).map((object) => ({ object })) }) }) as unknown as Reader;

test('an address of a ServiceCIDR can be had while the ServiceCIDR is ready', () => {
  const ranges = new AddressRanges('10.0.0.0/28');
  const take = (...known: ServiceCIDR[]) => {
    ranges.follow(reader(known));
    ranges.take('192.0.2.3', false);
  };
  const outside = 'the provided network does not match the current range';
  expect(() => take()).toThrow(outside);
  expect(() => take(range('192.0.2.0/29', {}, 'False'))).toThrow(outside);
  expect(() => take(range('192.0.2.0/29', { deletionTimestamp: '2026-01-01T00:00:00Z' }))).toThrow(outside);
  expect(() => take(range('fd00::/64'))).toThrow(outside);
  take(range('192.0.2.0/29'));
  expect(() => take(range('192.0.2.0/29'))).toThrow('provided IP is already allocated');
  ranges.give('192.0.2.3');
  take(range('192.0.2.0/29'));
});

test('when the own range is full, addresses come from the others, and from none twice', () => {
  const ranges = new AddressRanges('10.0.0.0/30');
  ranges.follow(reader([range('192.0.2.0/29'), range('192.0.2.0/30')]));
  const given = Array.from({ length: 8 }, () => ranges.next(ids));
  expect(given.slice(0, 2).every((address) => address.startsWith('10.0.0.'))).toBe(true);
  expect(new Set(given).size).toBe(8);
  expect(() => ranges.next(ids)).toThrow('range is full');
});

test('what Services have is not given again, neither in the own range nor in one that comes later', () => {
  const services = [service('a', '10.0.0.1'), service('b', '192.0.2.1'), service('c', '203.0.113.9')];
  const ranges = new AddressRanges('10.0.0.0/30');
  ranges.load(reader([], services));
  ranges.follow(reader([range('192.0.2.0/30')], services));
  expect([ranges.next(ids), ranges.next(ids)]).toEqual(['10.0.0.2', '192.0.2.2']);
});
