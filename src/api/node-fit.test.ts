import { matchesNodeSelectorTerm, matchesRequiredNodeAffinity } from './node-selector.js';
import { toleratesTaint } from './tolerations.js';
import type { Node, PodSpec, Toleration } from './types/core-v1.js';

const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-0', labels: { zone: 'a', cores: '8', word: 'x' } }, spec: {} } as Node;

describe('node selector terms', () => {
  test.each([
    ['In', 'zone', ['a', 'b'], true],
    ['In', 'zone', ['b'], false],
    ['In', 'constructor', ['a'], false],
    ['NotIn', 'zone', ['b'], true],
    ['NotIn', 'absent', ['b'], true],
    ['Exists', 'zone', [], true],
    ['Exists', 'toString', [], false],
    ['DoesNotExist', 'absent', [], true],
    ['Gt', 'cores', ['7'], true],
    ['Gt', 'cores', ['8'], false],
    ['Lt', 'cores', ['9'], true],
    ['Gt', 'word', ['1'], false],
    ['Lt', 'absent', ['1'], false],
    ['Nonsense', 'zone', ['a'], false],
  ] as const)('%s of %s with %j is %s', (operator, key, values, expected) => {
    expect(matchesNodeSelectorTerm({ matchExpressions: [{ key, operator, values: [...values] }] }, node)).toBe(expected);
  });

  test('a term without demands is met by no node', () => {
    expect(matchesNodeSelectorTerm({}, node)).toBe(false);
  });

  test('terms are alternatives, and the nodeSelector must hold beside them', () => {
    const spec = (zone: string, names: string[]): PodSpec => ({
      containers: [],
      nodeSelector: { zone },
      affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: names.map((name) => ({ matchFields: [{ key: 'metadata.name', operator: 'In', values: [name] }] })) } } },
    });
    expect(matchesRequiredNodeAffinity(spec('a', ['node-9', 'node-0']), node)).toBe(true);
    expect(matchesRequiredNodeAffinity(spec('a', ['node-9']), node)).toBe(false);
    expect(matchesRequiredNodeAffinity(spec('b', ['node-0']), node)).toBe(false);
  });
});

describe('tolerations', () => {
  const taint = { key: 'k', value: 'v', effect: 'NoExecute' };
  test.each<[Toleration, boolean]>([
    [{ key: 'k', operator: 'Exists' }, true],
    [{ operator: 'Exists' }, true],
    [{ key: 'k', value: 'v' }, true],
    [{ key: 'k', operator: 'Equal', value: 'other' }, false],
    [{ value: 'v' }, false],
    [{ key: 'k', operator: 'Exists', effect: 'NoSchedule' }, false],
    [{ key: 'other', operator: 'Exists' }, false],
  ])('%j covers k=v:NoExecute: %s', (toleration, expected) => {
    expect(toleratesTaint(toleration, taint)).toBe(expected);
  });
});
