import type { FlowSchema, FlowSchemaCondition } from '../../api/types/flowcontrol-v1.js';
import { planCondition } from './plan.js';

const NOW = '2026-01-01T00:00:05Z';
const THEN = '2026-01-01T00:00:00Z';
const schema = (condition?: FlowSchemaCondition): FlowSchema => ({
  apiVersion: 'flowcontrol.apiserver.k8s.io/v1',
  kind: 'FlowSchema',
  metadata: { name: 'x' },
  spec: { priorityLevelConfiguration: { name: 'kd' }, matchingPrecedence: 1 },
  status: condition ? { conditions: [condition] } : {},
});
/** As the real server wrote them. */
const FOUND: FlowSchemaCondition = { type: 'Dangling', status: 'False', lastTransitionTime: THEN, reason: 'Found', message: 'This FlowSchema references the PriorityLevelConfiguration object named "kd" and it exists' };
const MISSING: FlowSchemaCondition = { type: 'Dangling', status: 'True', lastTransitionTime: THEN, reason: 'NotFound', message: 'This FlowSchema references the PriorityLevelConfiguration object named "kd" but there is no such object' };

test.each([
  ['new, with its level', schema(), true, { ...FOUND, lastTransitionTime: NOW }],
  ['new, without', schema(), false, { ...MISSING, lastTransitionTime: NOW }],
  ['known, with its level', schema(FOUND), true, undefined],
  ['known, without', schema(MISSING), false, undefined],
  ['whose level has come', schema(MISSING), true, { ...FOUND, lastTransitionTime: NOW }],
  ['whose level has gone', schema(FOUND), false, { ...MISSING, lastTransitionTime: NOW }],
  ['that names another level now', schema({ ...FOUND, message: 'old' }), true, FOUND],
])('a schema %s', (_what, object, levelExists, expected) => {
  expect(planCondition(object, levelExists, NOW)).toEqual(expected);
});
