import type { ContainerPort, Pod } from '../../api/types/core-v1.js';
import { findNode } from '../cycle.js';
import { fitErrorText } from '../fit-error.js';
import { makeNode, makePod, makeWorld } from '../testing.js';

const using = (name: string, ...ports: Array<Omit<ContainerPort, 'containerPort'>>): Pod => makePod(name, { containers: [{ name: 'c', image: 'i', ports: ports.map((port) => ({ containerPort: 80, ...port })) }] });
const TAKEN = "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.";

test.each<[string, Pod, Pod, string | undefined]>([
  ['the same port', using('1', { hostPort: 80 }), using('p', { hostPort: 80 }), TAKEN],
  ['another port', using('1', { hostPort: 80 }), using('p', { hostPort: 81 }), undefined],
  ['a port whose number ends alike', using('1', { hostPort: 8080 }), using('p', { hostPort: 80 }), undefined],
  ['the same port of another protocol', using('1', { hostPort: 53, protocol: 'UDP' }), using('p', { hostPort: 53 }), undefined],
  ['the same port of one address', using('1', { hostPort: 80, hostIP: '127.0.0.1' }), using('p', { hostPort: 80, hostIP: '127.0.0.1' }), TAKEN],
  ['the same port of two addresses', using('1', { hostPort: 80, hostIP: '127.0.0.1' }), using('p', { hostPort: 80, hostIP: '127.0.0.2' }), undefined],
  ['the same port of all addresses, where one is taken', using('1', { hostPort: 80, hostIP: '127.0.0.1' }), using('p', { hostPort: 80 }), TAKEN],
  ['the same port of one address, where all are taken', using('1', { hostPort: 80 }), using('p', { hostPort: 80, hostIP: '127.0.0.1' }), TAKEN],
  ['a port of the container only', using('1', { hostPort: 80 }), using('p', {}), undefined],
])('a pod on the node, and one that wants %s', (_what, there, pod, expected) => {
  const result = findNode(pod, makeWorld([makeNode('a')], { a: [there] }));
  expect('node' in result ? undefined : fitErrorText(result, '')).toBe(expected);
});
