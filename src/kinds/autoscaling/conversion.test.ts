import type { HorizontalPodAutoscaler } from '../../api/types/autoscaling-v2.js';
import { autoscalerKind, autoscalerV1Kind } from './horizontal-pod-autoscaler.js';

const autoscaler: HorizontalPodAutoscaler = {
  kind: 'HorizontalPodAutoscaler',
  apiVersion: 'autoscaling/v2',
  metadata: { name: 'web', namespace: 'default', annotations: { mine: 'stays' } },
  spec: {
    scaleTargetRef: { kind: 'Deployment', name: 'web', apiVersion: 'apps/v1' },
    minReplicas: 2,
    maxReplicas: 5,
    metrics: [
      { type: 'Pods', pods: { metric: { name: 'rps', selector: { matchLabels: { a: 'b' } } }, target: { type: 'AverageValue', averageValue: '1k' } } },
      { type: 'External', external: { metric: { name: 'queue' }, target: { type: 'Value', value: '30' } } },
      { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } },
    ],
    behavior: { scaleUp: { stabilizationWindowSeconds: 3, selectPolicy: 'Min', policies: [{ type: 'Pods', value: 1, periodSeconds: 5 }], tolerance: '50m' } },
  },
  status: {
    currentReplicas: 2,
    desiredReplicas: 3,
    currentMetrics: [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 40, averageValue: '200m' } } }],
    conditions: [{ type: 'AbleToScale', status: 'True', lastTransitionTime: '2024-01-01T00:00:00Z', reason: 'Ready', message: 'fine' }],
  },
};

describe('an autoscaler seen as autoscaling/v1', () => {
  const shown = autoscalerV1Kind.storage.fromStorage?.(autoscaler);

  test('is the same stored object', () => {
    expect(autoscalerV1Kind.storage.prefix).toBe(autoscalerKind.storage.prefix);
  });

  test('has a field for CPU utilization, and annotations for all else', () => {
    expect(shown?.spec).toMatchObject({ minReplicas: 2, maxReplicas: 5, targetCPUUtilizationPercentage: 50 });
    expect(Object.keys(shown?.metadata.annotations ?? {}).sort()).toEqual([
      'autoscaling.alpha.kubernetes.io/behavior',
      'autoscaling.alpha.kubernetes.io/conditions',
      'autoscaling.alpha.kubernetes.io/current-metrics',
      'autoscaling.alpha.kubernetes.io/metrics',
      'mine',
    ]);
  });

  test('loses nothing on its way back', () => {
    if (!shown) throw new Error('not shown');
    expect(autoscalerV1Kind.storage.toStorage?.(shown)).toEqual(autoscaler);
  });
});

test('a status that nobody has written yet is no status in v1', () => {
  // The store has `currentMetrics: null` then, as Go prints a list that is always there.
  const fresh = { ...autoscaler, status: JSON.parse('{"desiredReplicas":0,"currentMetrics":null,"conditions":null}') as HorizontalPodAutoscaler['status'] };
  const seen = autoscalerV1Kind.storage.fromStorage?.(fresh);
  expect(seen?.status).toEqual({ currentReplicas: 0, desiredReplicas: 0 });
  expect(Object.keys(seen?.metadata.annotations ?? {})).not.toContain('autoscaling.alpha.kubernetes.io/conditions');
});
