import { join } from 'node:path';
import { Server } from '../support/server.js';

test('a ResourceSlice put by kubectl is enough for a pod that claims a device to run', async () => {
  await using server = await Server.start({ inMemory: true, flags: ['--nodes', '2'] });
  const { kubectl } = server;
  await kubectl.ok('apply', '-f', join(import.meta.dirname, '../../examples/devices.yml'));
  await kubectl.ok('wait', 'pod/trains', '--for=condition=Ready', '--timeout=120s');
  expect(await kubectl.ok('get', 'pod', 'trains', '-o', 'jsonpath={.spec.nodeName}')).toBe('node-0');
  const claim = ['get', 'resourceclaims', '-o'];
  expect(await kubectl.ok(...claim, 'jsonpath={.items[*].status.allocation.devices.results[*].device}')).toBe('gpu-1');
  expect(await kubectl.ok(...claim, 'jsonpath={.items[*].status.reservedFor[*].name}')).toBe('trains');
  expect(await kubectl.ok('get', 'resourceclaims', '--no-headers')).toMatch(/^trains-gpu-\S+\s+allocated,reserved\s/);
}, 180_000);
