import { idleUsage } from './idle-usage.js';

const MI = 2 ** 20;

test.each([
  ['nothing is requested', {}, [0.0004, 0.0016], [1, 8]],
  ['much is requested', { requests: { cpuCores: 1, memoryBytes: 1000 * MI } }, [0.06, 0.14], [300, 500]],
  ['little is requested', { requests: { cpuCores: 0.001, memoryBytes: MI } }, [0.0004, 0.0016], [1, 8]],
  ['the limit is low', { requests: { cpuCores: 0, memoryBytes: 2 * MI }, memoryLimitBytes: 2 * MI }, [0.0004, 0.0016], [0.99, 1.6]],
] as const)('an idle container when %s', (_, config, [leastCpu, mostCpu], [leastMemory, mostMemory]) => {
  for (const id of ['0000aa', '7fff00', 'ffff12']) {
    const { cpuCores, memoryBytes } = idleUsage(id, { memoryLimitBytes: undefined, ...config });
    expect(cpuCores).toBeGreaterThanOrEqual(leastCpu);
    expect(cpuCores).toBeLessThanOrEqual(mostCpu);
    expect(memoryBytes / MI).toBeGreaterThanOrEqual(leastMemory);
    expect(memoryBytes / MI).toBeLessThanOrEqual(mostMemory);
    expect(memoryBytes % 4096).toBe(0);
  }
  expect(idleUsage('0000aa', { memoryLimitBytes: undefined }).cpuCores).toBeLessThan(idleUsage('ffff00', { memoryLimitBytes: undefined }).cpuCores);
});
