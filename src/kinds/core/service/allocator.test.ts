import { RandomIds } from '../../../base/ids.js';
import { AddressAllocator } from './allocator.js';

const RANGE = '10.96.0.0/24';

test.each<[string, string, boolean, string]>([
  ['an address of another network', '192.0.2.9', false, 'the provided network does not match the current range'],
  ['an address of the other family', 'fd00::1', false, 'the provided network does not match the current range'],
  ['an address of another network, in a dry run', '192.0.2.9', true, `the provided IP (192.0.2.9) is not in the valid range. The range of valid IPs is ${RANGE}`],
  ['the network address', '10.96.0.0', false, 'the provided network does not match the current range'],
  ['the broadcast address', '10.96.0.255', false, 'the provided network does not match the current range'],
  ['the broadcast address, in a dry run', '10.96.0.255', true, `the provided IP (10.96.0.255) is not in the valid range. The range of valid IPs is ${RANGE}`],
])('refuses %s', (_, address, dryRun, message) => {
  expect(() => new AddressAllocator(RANGE).take(address, dryRun)).toThrow(message);
});

test('gives each address once', () => {
  const allocator = new AddressAllocator(RANGE);
  allocator.take('10.96.0.7');
  expect(() => allocator.take('10.96.0.7')).toThrow('provided IP is already allocated');
});

test('gives all addresses but network and broadcast, then none', () => {
  const allocator = new AddressAllocator('10.0.0.0/28');
  const ids = new RandomIds();
  const given = Array.from({ length: 14 }, () => allocator.tryNext(ids));
  expect(new Set(given).size).toBe(14);
  expect(given).not.toContain('10.0.0.0');
  expect(given).not.toContain('10.0.0.15');
  expect(allocator.tryNext(ids)).toBeUndefined();
});
