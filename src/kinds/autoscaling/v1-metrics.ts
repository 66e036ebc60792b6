import { goSelector } from '../common/go-map.js';
import type { MetricSpec, MetricStatus, MetricTarget, MetricValueStatus } from '../../api/types/autoscaling-v2.js';
import type { LabelSelector } from '../../api/types/meta-v1.js';
import { JsonReader } from './json-reader.js';

/**
 * Metrics as autoscaling/v1 keeps them in annotations: types of their own that no field of the API has any more
 * (k8s.io/api/autoscaling/v1 MetricSpec and MetricStatus). Written in the order of Go's fields.
 */

const optional = (name: string, value: unknown): object => (value === undefined || value === null || value === '' ? {} : { [name]: value });
const selectorOf = (name: string, selector: LabelSelector | undefined): object => (selector ? { [name]: goSelector(selector) } : {});
const reference = ({ kind, name, apiVersion }: { kind: string; name: string; apiVersion?: string | undefined }): object => ({ kind, name, ...optional('apiVersion', apiVersion) });

export function specsToJson(metrics: readonly MetricSpec[]): string {
  return JSON.stringify(
    metrics.map(({ type, object, pods, resource, containerResource, external }) => ({
      type,
      ...(object && {
        object: {
          target: reference(object.describedObject),
          metricName: object.metric.name,
          targetValue: object.target.value ?? '0',
          ...selectorOf('selector', object.metric.selector),
          ...optional('averageValue', object.target.averageValue),
        },
      }),
      ...(pods && { pods: { metricName: pods.metric.name, targetAverageValue: pods.target.averageValue ?? '0', ...selectorOf('selector', pods.metric.selector) } }),
      ...(resource && { resource: resourceTarget(resource.name, resource.target) }),
      ...(containerResource && { containerResource: { ...resourceTarget(containerResource.name, containerResource.target), container: containerResource.container } }),
      ...(external && {
        external: {
          metricName: external.metric.name,
          ...selectorOf('metricSelector', external.metric.selector),
          ...optional('targetValue', external.target.value),
          ...optional('targetAverageValue', external.target.averageValue),
        },
      }),
    })),
  );
}

const resourceTarget = (name: string, target: MetricTarget): object => ({
  name,
  ...optional('targetAverageUtilization', target.averageUtilization),
  ...optional('targetAverageValue', target.averageValue),
});

export function statusesToJson(statuses: readonly MetricStatus[]): string {
  return JSON.stringify(
    statuses.map(({ type, object, pods, resource, containerResource, external }) => ({
      type,
      ...(object && {
        object: {
          target: reference(object.describedObject),
          metricName: object.metric.name,
          currentValue: object.current.value ?? '0',
          ...selectorOf('selector', object.metric.selector),
          ...optional('averageValue', object.current.averageValue),
        },
      }),
      ...(pods && { pods: { metricName: pods.metric.name, currentAverageValue: pods.current.averageValue ?? '0', ...selectorOf('selector', pods.metric.selector) } }),
      ...(resource && { resource: resourceCurrent(resource.name, resource.current) }),
      ...(containerResource && { containerResource: { ...resourceCurrent(containerResource.name, containerResource.current), container: containerResource.container } }),
      ...(external && {
        external: {
          metricName: external.metric.name,
          ...selectorOf('metricSelector', external.metric.selector),
          currentValue: external.current.value ?? '0',
          ...optional('currentAverageValue', external.current.averageValue),
        },
      }),
    })),
  );
}

const resourceCurrent = (name: string, current: MetricValueStatus): object => ({
  name,
  ...optional('currentAverageUtilization', current.averageUtilization),
  currentAverageValue: current.averageValue ?? '0',
});

const metricOf = (reader: JsonReader, selector: string): { name: string; selector?: LabelSelector } => ({ name: reader.text('metricName'), ...optional('selector', reader.selector(selector)) });
const referenceOf = (reader: JsonReader | undefined): { kind: string; name: string; apiVersion?: string } => ({
  kind: reader?.text('kind') ?? '',
  name: reader?.text('name') ?? '',
  ...optional('apiVersion', reader?.text('apiVersion')),
});

/** Undefined where Go's JSON decoder would refuse the text. */
export function specsFromJson(text: string): MetricSpec[] | undefined {
  return JsonReader.list(text, (item) => {
    const [object, pods, resource, containerResource, external] = [item.child('object'), item.child('pods'), item.child('resource'), item.child('containerResource'), item.child('external')];
    return {
      type: item.text('type'),
      ...(object && { object: { describedObject: referenceOf(object.child('target')), metric: metricOf(object, 'selector'), target: objectTarget(object) } }),
      ...(pods && { pods: { metric: metricOf(pods, 'selector'), target: { type: 'AverageValue', averageValue: pods.quantity('targetAverageValue') ?? '0' } } }),
      ...(resource && { resource: { name: resource.text('name'), target: targetOfResource(resource) } }),
      ...(containerResource && { containerResource: { name: containerResource.text('name'), container: containerResource.text('container'), target: targetOfResource(containerResource) } }),
      ...(external && { external: { metric: metricOf(external, 'metricSelector'), target: externalTarget(external) } }),
    };
  });
}

function objectTarget(reader: JsonReader): MetricTarget {
  const [value = '0', averageValue] = [reader.quantity('targetValue'), reader.quantity('averageValue')];
  if (averageValue === undefined) return { type: 'Value', value };
  return { type: 'AverageValue', ...(value === '0' ? {} : { value }), averageValue };
}

function targetOfResource(reader: JsonReader): MetricTarget {
  const averageUtilization = reader.integer('targetAverageUtilization');
  return { type: averageUtilization === undefined ? 'AverageValue' : 'Utilization', ...optional('averageUtilization', averageUtilization), ...optional('averageValue', reader.quantity('targetAverageValue')) };
}

function externalTarget(reader: JsonReader): MetricTarget {
  const value = reader.quantity('targetValue');
  return { type: value === undefined ? 'AverageValue' : 'Value', ...optional('value', value), ...optional('averageValue', reader.quantity('targetAverageValue')) };
}

/** Undefined where Go's JSON decoder would refuse the text. */
export function statusesFromJson(text: string): MetricStatus[] | undefined {
  return JsonReader.list(text, (item) => {
    const [object, pods, resource, containerResource, external] = [item.child('object'), item.child('pods'), item.child('resource'), item.child('containerResource'), item.child('external')];
    return {
      type: item.text('type'),
      ...(object && {
        object: {
          describedObject: referenceOf(object.child('target')),
          metric: metricOf(object, 'selector'),
          current: { value: object.quantity('currentValue') ?? '0', ...optional('averageValue', object.quantity('averageValue')) },
        },
      }),
      ...(pods && { pods: { metric: metricOf(pods, 'selector'), current: { averageValue: pods.quantity('currentAverageValue') ?? '0' } } }),
      ...(resource && { resource: { name: resource.text('name'), current: currentOfResource(resource) } }),
      ...(containerResource && { containerResource: { name: containerResource.text('name'), container: containerResource.text('container'), current: currentOfResource(containerResource) } }),
      ...(external && {
        external: {
          metric: metricOf(external, 'metricSelector'),
          current: { value: external.quantity('currentValue') ?? '0', ...optional('averageValue', external.quantity('currentAverageValue')) },
        },
      }),
    };
  });
}

const currentOfResource = (reader: JsonReader): MetricValueStatus => ({
  averageValue: reader.quantity('currentAverageValue') ?? '0',
  ...optional('averageUtilization', reader.integer('currentAverageUtilization')),
});
