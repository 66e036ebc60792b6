import { forbidden, invalid, notSupported, type Path, required, type FieldError } from '../../api/field.js';
import { isPathSegmentName } from '../../api/names.js';
import { Quantity as QuantityValue } from '../../api/quantity.js';
import type {
  ContainerResourceMetricSource,
  CrossVersionObjectReference,
  HorizontalPodAutoscalerSpec,
  HPAScalingPolicy,
  HPAScalingRules,
  MetricIdentifier,
  MetricSpec,
  MetricTarget,
} from '../../api/types/autoscaling-v2.js';
import type { Quantity } from '../../api/types/resource.js';
import { validateContainerResourceName } from '../shared/resource-names.js';
import { NEGATIVE_TEXT, validateDnsLabel } from '../shared/simple-checks.js';

/** Rules of autoscalers (pkg/apis/autoscaling/validation). */

const MAX_PERIOD = 1800;
const MAX_WINDOW = 3600;
const SOURCES = ['ContainerResource', 'External', 'Object', 'Pods', 'Resource'];

export interface ReferenceOptions {
  readonly emptyGroup: boolean;
  readonly anyVersion: boolean;
}

/** Why a group and version are none; undefined if they are fine. */
function versionProblem(apiVersion: string, { emptyGroup, anyVersion }: ReferenceOptions): string | undefined {
  if (anyVersion) return undefined;
  if (apiVersion.split('/').length > 2) return `unexpected GroupVersion string: ${apiVersion}`;
  return !emptyGroup && !/^[^/]+\//.test(apiVersion) ? 'apiVersion must specify API group' : undefined;
}

const segment = (value: string, path: Path, text = ''): FieldError[] => (value ? isPathSegmentName(value).map((problem) => invalid(path, value, problem)) : [required(path, text)]);

function referenceErrors({ kind, name, apiVersion = '' }: CrossVersionObjectReference, path: Path, options: ReferenceOptions): FieldError[] {
  const problem = versionProblem(apiVersion, options);
  return [...segment(kind, path.child('kind')), ...segment(name, path.child('name')), ...(problem === undefined ? [] : [invalid(path.child('apiVersion'), apiVersion, problem)])];
}

export function autoscalerErrors(spec: HorizontalPodAutoscalerSpec, old: HorizontalPodAutoscalerSpec | undefined, path: Path): FieldError[] {
  const { minReplicas, maxReplicas, scaleTargetRef, metrics = [], behavior } = spec;
  const lowest = old?.minReplicas === 0 ? 0 : 1;
  const maximum = path.child('maxReplicas');
  const errors: FieldError[] = [];
  if (minReplicas !== undefined && minReplicas < lowest) errors.push(invalid(path.child('minReplicas'), minReplicas, `must be greater than or equal to ${lowest}`));
  if (maxReplicas === 0) errors.push(required(maximum, 'must be set and greater than 0'));
  else if (maxReplicas < 0) errors.push(invalid(maximum, maxReplicas, 'must be greater than or equal to 1'));
  if (minReplicas !== undefined && maxReplicas < minReplicas) errors.push(invalid(maximum, maxReplicas, 'must be greater than or equal to `minReplicas`'));
  const sameTarget = old !== undefined && (old.scaleTargetRef.apiVersion ?? '') === (scaleTargetRef.apiVersion ?? '') && old.scaleTargetRef.kind === scaleTargetRef.kind;
  errors.push(...referenceErrors(scaleTargetRef, path.child('scaleTargetRef'), { anyVersion: sameTarget, emptyGroup: scaleTargetRef.kind === 'ReplicationController' }));
  // Objects stored before versions were checked stay valid.
  const wereWrong = (old?.metrics ?? []).some(({ type, object }) => type === 'Object' && object && versionProblem(object.describedObject.apiVersion ?? '', { emptyGroup: true, anyVersion: false }) !== undefined);
  const metricsPath = path.child('metrics');
  errors.push(...metrics.flatMap((metric, i) => metricErrors(metric, metricsPath.index(i), { emptyGroup: true, anyVersion: wereWrong })));
  if (minReplicas === 0 && !metrics.some(({ type }) => type === 'Object' || type === 'External')) {
    errors.push(forbidden(metricsPath, 'must specify at least one Object or External metric to support scaling to zero replicas'));
  }
  return [...errors, ...rulesErrors(behavior?.scaleUp, path.child('behavior', 'scaleUp')), ...rulesErrors(behavior?.scaleDown, path.child('behavior', 'scaleDown'))];
}

function metricErrors(metric: MetricSpec, path: Path, options: ReferenceOptions): FieldError[] {
  const { type } = metric;
  const errors: FieldError[] = [];
  const unknown = (): void => void (SOURCES.includes(type) || errors.push(notSupported(path.child('type'), type, SOURCES)));
  if (!type) errors.push(required(path.child('type'), 'must specify a metric source type'));
  unknown();
  // Of several sources only the first is looked at.
  const present = (['object', 'external', 'pods', 'resource', 'containerResource'] as const).filter((name) => metric[name] !== undefined);
  const first = present[0];
  if (first) errors.push(...sourceErrors(metric, first, path.child(first), options));
  const expected = SOURCES.includes(type) ? type.charAt(0).toLowerCase() + type.slice(1) : undefined;
  if (expected && !present.some((name) => name === expected)) errors.push(required(path.child(expected), 'must populate information for the given metric source'));
  unknown();
  if (present.length > 1) errors.push(...present.filter((name) => name !== expected).map((name) => forbidden(path.child(name), 'must populate the given metric source only')));
  return errors;
}

function sourceErrors({ object, external, pods, resource, containerResource }: MetricSpec, source: string, path: Path, options: ReferenceOptions): FieldError[] {
  const target = path.child('target');
  const average = target.child('averageValue');
  if (source === 'object' && object) {
    return [
      ...referenceErrors(object.describedObject, path.child('describedObject'), options),
      ...identifierErrors(object.metric, path.child('metric')),
      ...targetErrors(object.target, target),
      ...(object.target.value === undefined && object.target.averageValue === undefined ? [required(average, 'must set either a target value or averageValue')] : []),
    ];
  }
  if (source === 'external' && external) {
    const { value, averageValue } = external.target;
    const errors = [...identifierErrors(external.metric, path.child('metric')), ...targetErrors(external.target, target)];
    if (value === undefined && averageValue === undefined) errors.push(required(average, 'must set either a target value for metric or a per-pod target'));
    if (value !== undefined && averageValue !== undefined) errors.push(forbidden(target.child('value'), 'may not set both a target value for metric and a per-pod target'));
    return errors;
  }
  if (source === 'pods' && pods) {
    const errors = [...identifierErrors(pods.metric, path.child('metric')), ...targetErrors(pods.target, target)];
    return pods.target.averageValue === undefined ? [...errors, required(average, 'must specify a positive target averageValue')] : errors;
  }
  if (resource && source === 'resource') {
    return [...(resource.name ? [] : [required(path.child('name'), 'must specify a resource name')]), ...resourceTargetErrors(resource.target, target)];
  }
  return containerResource ? containerResourceErrors(containerResource, path) : [];
}

function containerResourceErrors({ name, container, target }: ContainerResourceMetricSource, path: Path): FieldError[] {
  return [
    ...(name ? validateContainerResourceName(name, path.child('name')) : [required(path.child('name'), 'must specify a resource name')]),
    ...(container ? validateDnsLabel(container, path.child('container')) : [required(path.child('container'), 'must specify a container')]),
    ...resourceTargetErrors(target, path.child('target')),
  ];
}

function resourceTargetErrors(target: MetricTarget, path: Path): FieldError[] {
  const { averageUtilization, averageValue } = target;
  const errors = targetErrors(target, path);
  if (averageUtilization === undefined && averageValue === undefined) errors.push(required(path.child('averageUtilization'), 'must set either a target raw value or a target utilization'));
  if (averageUtilization !== undefined && averageValue !== undefined) errors.push(forbidden(path.child('averageValue'), 'may not set both a target raw value and a target utilization'));
  return errors;
}

function targetErrors({ type, value, averageValue, averageUtilization }: MetricTarget, path: Path): FieldError[] {
  const errors: FieldError[] = [];
  if (!type) errors.push(required(path.child('type'), 'must specify a metric target type'));
  if (!['Utilization', 'Value', 'AverageValue'].includes(type)) errors.push(invalid(path.child('type'), type, 'must be either Utilization, Value, or AverageValue'));
  if (value !== undefined && !isPositive(value)) errors.push(invalid(path.child('value'), value, 'must be positive'));
  if (averageValue !== undefined && !isPositive(averageValue)) errors.push(invalid(path.child('averageValue'), averageValue, 'must be positive'));
  if (averageUtilization !== undefined && averageUtilization < 1) errors.push(invalid(path.child('averageUtilization'), averageUtilization, 'must be greater than 0'));
  return errors;
}

const isPositive = (quantity: Quantity): boolean => QuantityValue.parse(quantity).sign > 0;

const identifierErrors = ({ name }: MetricIdentifier, path: Path): FieldError[] => segment(name, path.child('name'), 'must specify a metric name');

function rulesErrors(rules: HPAScalingRules | undefined, path: Path): FieldError[] {
  if (!rules) return [];
  const { stabilizationWindowSeconds: window, selectPolicy, policies = [], tolerance } = rules;
  const errors: FieldError[] = [];
  const windowPath = path.child('stabilizationWindowSeconds');
  if (window !== undefined && window < 0) errors.push(invalid(windowPath, window, 'must be greater than or equal to zero'));
  if (window !== undefined && window > MAX_WINDOW) errors.push(invalid(windowPath, window, `must be less than or equal to ${MAX_WINDOW}`));
  if (selectPolicy !== undefined && !['Disabled', 'Max', 'Min'].includes(selectPolicy)) errors.push(notSupported(path.child('selectPolicy'), selectPolicy, ['Disabled', 'Max', 'Min']));
  const at = path.child('policies');
  if (policies.length === 0) errors.push(required(at, 'must specify at least one Policy'));
  errors.push(...policies.flatMap((policy, i) => policyErrors(policy, at.index(i))));
  if (tolerance !== undefined && QuantityValue.parse(tolerance).sign < 0) errors.push(invalid(path.child('tolerance'), tolerance, NEGATIVE_TEXT));
  return errors;
}

function policyErrors({ type, value, periodSeconds }: HPAScalingPolicy, path: Path): FieldError[] {
  const errors: FieldError[] = [];
  if (type !== 'Pods' && type !== 'Percent') errors.push(notSupported(path.child('type'), type, ['Percent', 'Pods']));
  if (value <= 0) errors.push(invalid(path.child('value'), value, 'must be greater than zero'));
  if (periodSeconds <= 0) errors.push(invalid(path.child('periodSeconds'), periodSeconds, 'must be greater than zero'));
  if (periodSeconds > MAX_PERIOD) errors.push(invalid(path.child('periodSeconds'), periodSeconds, `must be less than or equal to ${MAX_PERIOD}`));
  return errors;
}
