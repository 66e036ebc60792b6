import type { Pod } from '../../api/types/core-v1.js';
import { annotatedUsage } from './annotated-usage.js';

const pod = (annotations?: Record<string, string>): Pod => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', ...(annotations ? { annotations } : {}) }, spec: { containers: [] } });

test.each<[string, Record<string, string> | undefined, number | undefined, number | undefined]>([
  ['nothing', undefined, undefined, undefined],
  ['the whole pod, shared by its containers', { 'kubette.dev/usage-cpu': '500m', 'kubette.dev/usage-memory': '64Mi' }, 250_000_000, 32 * 2 ** 20],
  ['one container', { 'kubette.dev/usage-cpu.c': '2', 'kubette.dev/usage-cpu': '500m' }, 2_000_000_000, undefined],
  ['another container', { 'kubette.dev/usage-cpu.d': '2' }, undefined, undefined],
  ['what is no quantity', { 'kubette.dev/usage-cpu': 'lots', 'kubette.dev/usage-memory': '-1' }, undefined, undefined],
])('annotations that speak of %s', (_, annotations, cpuNanocores, memoryWorkingSetBytes) => {
  expect(annotatedUsage(pod(annotations), 'c', 2)).toEqual({ cpuNanocores, memoryWorkingSetBytes });
});
