import { Path, type FieldError } from '../../api/field.js';
import type { KubeObject } from '../../api/object.js';
import type { HorizontalPodAutoscaler as V1 } from '../../api/types/autoscaling-v1.js';
import type { HorizontalPodAutoscaler as V2, HPAScalingRules } from '../../api/types/autoscaling-v2.js';
import type { Cell, Strategy } from '../../registry/kind.js';
import { converted } from '../common/converted.js';
import { age } from '../common/printing.js';
import { defineKind, statusStrategy } from '../define-kind.js';
import { validateNonNegative } from '../shared/simple-checks.js';
import { DEFAULT_METRICS, dropRoundTrip, toV1, toV2 } from './conversion.js';
import { metricsCell } from './metrics-cell.js';
import { autoscalerErrors } from './validation.js';

const V2_FORM = { group: 'autoscaling', version: 'v2', kind: 'HorizontalPodAutoscaler' };
const V1_FORM = { group: 'autoscaling', version: 'v1', kind: 'HorizontalPodAutoscaler' };
const SPEC = Path.of('spec');

const SCALE_UP: HPAScalingRules = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [
    { type: 'Pods', value: 4, periodSeconds: 15 },
    { type: 'Percent', value: 100, periodSeconds: 15 },
  ],
};
const SCALE_DOWN: HPAScalingRules = { selectPolicy: 'Max', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] };

function filled(rules: HPAScalingRules | undefined, usual: HPAScalingRules): HPAScalingRules {
  const given = Object.fromEntries(Object.entries(rules ?? {}).filter(([, value]) => value !== undefined));
  return { ...structuredClone(usual), ...given };
}

function defaults(autoscaler: V2): void {
  const { spec } = autoscaler;
  spec.minReplicas ??= 1;
  if (!spec.metrics || spec.metrics.length === 0) spec.metrics = structuredClone([...DEFAULT_METRICS]);
  if (spec.behavior) spec.behavior = { scaleUp: filled(spec.behavior.scaleUp, SCALE_UP), scaleDown: filled(spec.behavior.scaleDown, SCALE_DOWN) };
  dropRoundTrip(autoscaler);
}

/** v1 objects go through v2 and back, as they do in the real server on their way to storage. */
function defaultsV1(autoscaler: V1): void {
  const full = toV2(autoscaler);
  defaults(full);
  Object.assign(autoscaler, toV1(full));
}

function statusErrors({ status }: V2): FieldError[] {
  const path = Path.of('status');
  return [...validateNonNegative(status?.currentReplicas, path.child('currentReplicas')), ...validateNonNegative(status?.desiredReplicas, path.child('desiredReplicas'))];
}

function cells({ metadata, spec, status }: V2, nowMs: number): readonly Cell[] {
  return [
    metadata.name,
    `${spec.scaleTargetRef.kind}/${spec.scaleTargetRef.name}`,
    metricsCell(spec.metrics ?? [], status?.currentMetrics ?? []),
    spec.minReplicas === undefined ? '<unset>' : String(spec.minReplicas),
    spec.maxReplicas,
    status?.currentReplicas ?? 0,
    age(metadata.creationTimestamp, nowMs),
  ];
}

const strategy: Strategy<V2> = {
  generation: 'none',
  defaults,
  prepareForCreate(autoscaler) {
    autoscaler.status = { desiredReplicas: 0 };
  },
  validate: ({ spec }) => autoscalerErrors(spec, undefined, SPEC),
  validateUpdate: ({ spec }, old) => autoscalerErrors(spec, old.spec, SPEC),
  resetFields: [['status']],
};

/** HorizontalPodAutoscalers: https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/ */
export const autoscalerKind = defineKind<V2>(V2_FORM, { strategy, subresources: { status: { type: 'object', strategy: statusStrategy(strategy, { validateUpdate: statusErrors }) as Strategy } }, cells });

const strategyV1: Strategy<V1> = {
  generation: 'none',
  // Part of the status is in annotations: the route keeps it itself.
  keepsStatus: false,
  defaults: defaultsV1,
  prepareForCreate(autoscaler) {
    Object.assign(autoscaler, toV1({ ...toV2(autoscaler), status: { desiredReplicas: 0 } }));
  },
  prepareForUpdate(autoscaler, old) {
    const { status } = toV2(old);
    Object.assign(autoscaler, toV1({ ...toV2(autoscaler), ...(status ? { status } : {}) }));
  },
  validate: (autoscaler) => autoscalerErrors(toV2(autoscaler).spec, undefined, SPEC),
  validateUpdate: (autoscaler, old) => autoscalerErrors(toV2(autoscaler).spec, toV2(old).spec, SPEC),
  resetFields: [['status']],
};

const statusStrategyV1: Strategy<V1> = {
  generation: 'none',
  keepsStatus: false,
  defaults: defaultsV1,
  prepareForUpdate(autoscaler, old) {
    Object.assign(autoscaler, toV1({ ...toV2(autoscaler), spec: toV2(old).spec }));
  },
  validateUpdate: (autoscaler) => statusErrors(toV2(autoscaler)),
  resetFields: [['spec']],
};

/** The same objects in their first version, with CPU utilization as the only metric that has a field. */
export const autoscalerV1Kind = defineKind<V1>(
  V1_FORM,
  {
    storage: {
      prefix: autoscalerKind.storage.prefix,
      gvk: V2_FORM,
      fromStorage: (stored: KubeObject) => converted(V1_FORM, toV1(stored as V2)),
      toStorage: (autoscaler: V1) => converted(V2_FORM, toV2(autoscaler)),
    },
    strategy: strategyV1,
    subresources: { status: { type: 'object', strategy: statusStrategyV1 as Strategy } },
    cells: (autoscaler, nowMs) => cells(toV2(autoscaler), nowMs),
  },
);
