import type { Node, Pod, Taint, Toleration } from '../../api/types/core-v1.js';
import { evictionTime } from './plan.js';

const NOW = Date.UTC(2026, 0, 1);
const SEEN = NOW - 1000;
const node = (...taints: Taint[]): Node => ({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' }, spec: { taints } });
const pod = (...tolerations: Toleration[]): Pod => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { containers: [], tolerations } });
const taint: Taint = { key: 'a', effect: 'NoExecute' };
const tolerate = (tolerationSeconds?: number): Toleration => ({ key: 'a', operator: 'Exists', effect: 'NoExecute', ...(tolerationSeconds === undefined ? {} : { tolerationSeconds }) });

test.each<[string, Pod, Node, number | undefined]>([
  ['no taint', pod(), node(), undefined],
  ['a taint of another effect', pod(), node({ key: 'a', effect: 'NoSchedule' }), undefined],
  ['a taint that is not tolerated', pod(), node(taint), NOW],
  ['tolerated for ever', pod(tolerate()), node(taint), undefined],
  ['tolerated for a while, from when it was first seen', pod(tolerate(5)), node(taint), SEEN + 5000],
  ['tolerated for a while, from when the taint came', pod(tolerate(5)), node({ ...taint, timeAdded: '2025-12-31T23:59:00Z' }), NOW - 55_000],
  ['tolerated for no time', pod(tolerate(-1)), node(taint), SEEN],
  ['the shortest of several', pod(tolerate(9), tolerate(3)), node(taint), SEEN + 3000],
  ['one of two taints that is not tolerated', pod(tolerate()), node(taint, { key: 'b', effect: 'NoExecute' }), NOW],
])('%s', (_name, subject, on, expected) => {
  expect(evictionTime(subject, on, NOW, SEEN)).toBe(expected);
});
