import type { ContainerStatus, Pod } from '../api/types/core-v1.js';
import { podRequests, podScoringRequests } from './resources.js';
import { makePod } from './testing.js';

const pod = (spec: Partial<Pod['spec']>, status: Pod['status'] = {}): Pod => ({ ...makePod('p', { containers: [{ name: 'c', image: 'i', resources: { requests: { cpu: '1' } } }], ...spec }), status });
const told = (cpu: string, allocated = cpu): Pod['status'] => ({ containerStatuses: [{ name: 'c', resources: { requests: { cpu } }, allocatedResources: { cpu: allocated } } as unknown as ContainerStatus] });
const infeasible = [{ type: 'PodResizePending', status: 'True', reason: 'Infeasible' }];

test.each<[string, Pod, number]>([
  ['containers and overhead', pod({ overhead: { cpu: '250m' } }), 1250],
  ['an init container that needs more', pod({ initContainers: [{ name: 'i', image: 'i', resources: { requests: { cpu: '3' } } }] }), 3000],
  ['a sidecar, and an init container beside it', pod({ initContainers: [{ name: 's', image: 'i', restartPolicy: 'Always', resources: { requests: { cpu: '2' } } }, { name: 'i', image: 'i', resources: { requests: { cpu: '1500m' } } }] }), 3500],
  ['what is asked for the pod as a whole', pod({ resources: { requests: { cpu: '4' } } }), 4000],
  ['a resize that was not granted yet', pod({ containers: [{ name: 'c', image: 'i', resources: { requests: { cpu: '2' } } }] }, told('1')), 2000],
  ['a resize to less that was not done yet', pod({}, told('3', '1')), 3000],
  ['a resize that can never be granted', pod({ containers: [{ name: 'c', image: 'i', resources: { requests: { cpu: '9' } } }] }, { ...told('1'), conditions: infeasible }), 1000],
])('%s', (_, given, cpu) => expect(podRequests(given).get('cpu')).toBe(cpu));

test('where nodes are compared, a container that asks for nothing counts for a little, also one that only starts up', () => {
  expect(podScoringRequests(makePod('p'))).toEqual({ cpu: 100, memory: 200 * 1024 * 1024 });
  expect(podScoringRequests(makePod('p', { initContainers: [{ name: 'i', image: 'i', resources: { requests: { cpu: '1' } } }] }))).toEqual({ cpu: 1000, memory: 200 * 1024 * 1024 });
});
