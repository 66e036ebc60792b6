import type { KubeObject } from '../../api/object.js';
import { containerResources, type ResourceAmounts } from '../../api/pod-resources.js';
import { Quantity } from '../../api/quantity.js';
import type { Container, LimitRange, LimitRangeItem, PersistentVolumeClaim, Pod } from '../../api/types/core-v1.js';
import { aggregateText, refuse } from '../refuse.js';
import type { AdmissionAttributes, AdmissionPlugin } from '../types.js';

const ANNOTATION = 'kubernetes.io/limit-ranger';

/** Gives containers the default requests and limits of a namespace's LimitRanges and holds pods and claims to their bounds. */
export const limitRanger: AdmissionPlugin = {
  name: 'LimitRanger',
  mutate(attributes) {
    if (!supports(attributes) || attributes.kind.kind !== 'Pod') return;
    for (const range of rangesOf(attributes)) setDefaults(attributes.object as Pod, range.spec?.limits ?? []);
  },
  validate(attributes) {
    if (!supports(attributes)) return;
    for (const range of rangesOf(attributes)) {
      const items = range.spec?.limits ?? [];
      const problems = attributes.kind.kind === 'Pod' ? podProblems(attributes.object as Pod, items) : claimProblems(attributes.object as PersistentVolumeClaim, items);
      if (problems.length > 0) throw refuse(attributes, aggregateText(problems));
    }
  },
};

/** Pods when they are made or resized, claims at any write; nothing that is going away. */
function supports({ operation, kind, subresource, oldObject }: AdmissionAttributes): boolean {
  if (kind.group !== '' || (operation !== 'CREATE' && operation !== 'UPDATE') || oldObject?.metadata.deletionTimestamp !== undefined) return false;
  if (kind.kind === 'Pod') return operation === 'CREATE' ? subresource === '' : subresource === 'resize';
  return kind.kind === 'PersistentVolumeClaim' && subresource === '';
}

function rangesOf({ reader, namespace }: AdmissionAttributes): LimitRange[] {
  return reader.list(`core/limitranges/${namespace}/`).entries.map(({ object }) => object as KubeObject as LimitRange);
}

const sorted = (list: Readonly<ResourceAmounts> | undefined): Array<[string, string | number]> => Object.entries(list ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));

function setDefaults(pod: Pod, items: readonly LimitRangeItem[]): void {
  const limits: ResourceAmounts = {};
  const requests: ResourceAmounts = {};
  for (const item of items) {
    if (item.type !== 'Container') continue;
    Object.assign(requests, item.defaultRequest);
    Object.assign(limits, item.default);
  }
  const told: string[] = [];
  const fill = (container: Container, what: string): void => {
    for (const [which, defaults, word] of [['requests', requests, 'request'], ['limits', limits, 'limit']] as const) {
      const missing = sorted(defaults).filter(([name]) => container.resources?.[which]?.[name] === undefined);
      if (missing.length === 0) continue;
      container.resources = { ...container.resources, [which]: { ...container.resources?.[which], ...Object.fromEntries(missing) } };
      told.push(`${missing.map(([name]) => name).join(', ')} ${word} for ${what} ${container.name}`);
    }
  };
  for (const container of pod.spec.containers ?? []) fill(container, 'container');
  for (const container of pod.spec.initContainers ?? []) fill(container, 'init container');
  if (told.length > 0) pod.metadata.annotations = { ...pod.metadata.annotations, [ANNOTATION]: `LimitRanger plugin set: ${told.join('; ')}` };
}

function podProblems({ spec }: Pod, items: readonly LimitRangeItem[]): string[] {
  return items.flatMap((item) => {
    if (item.type === 'Container') {
      return [...(spec.containers ?? []), ...(spec.initContainers ?? [])].flatMap(({ resources }) => bounds(item, resources?.requests ?? {}, resources?.limits ?? {}));
    }
    if (item.type !== 'Pod') return [];
    const total = (which: 'requests' | 'limits'): ResourceAmounts => {
      const amounts = containerResources(spec, which);
      for (const name of ['cpu', 'memory']) {
        const own = spec.resources?.[which]?.[name];
        if (own !== undefined) amounts[name] = own;
      }
      return amounts;
    };
    return bounds(item, total('requests'), total('limits'));
  });
}

function claimProblems({ spec }: PersistentVolumeClaim, items: readonly LimitRangeItem[]): string[] {
  const requests = spec?.resources?.requests ?? {};
  return items.flatMap((item) => {
    if (item.type !== 'PersistentVolumeClaim') return [];
    return [
      ...sorted(item.min).flatMap(([name, bound]) => belowMinimum(item.type, name, bound, requests, {})),
      ...sorted(item.max).flatMap(([name, bound]) => {
        const request = requests[name];
        const text = `maximum ${name} usage per ${item.type} is ${Quantity.parse(bound).toString()}`;
        if (request === undefined) return [`${text}.  No request is specified`];
        return compare(request, bound) > 0 ? [`${text}, but request is ${Quantity.parse(request).toString()}`] : [];
      }),
    ];
  });
}

const compare = (a: string | number, b: string | number): number => Quantity.parse(a).compare(Quantity.parse(b));

function bounds(item: LimitRangeItem, requests: Readonly<ResourceAmounts>, limits: Readonly<ResourceAmounts>): string[] {
  return [
    ...sorted(item.min).flatMap(([name, bound]) => belowMinimum(item.type, name, bound, requests, limits)),
    ...sorted(item.max).flatMap(([name, bound]) => aboveMaximum(item.type, name, bound, requests, limits)),
    ...sorted(item.maxLimitRequestRatio).flatMap(([name, bound]) => aboveRatio(item.type, name, bound, requests, limits)),
  ];
}

function belowMinimum(type: string, name: string, bound: string | number, requests: Readonly<ResourceAmounts>, limits: Readonly<ResourceAmounts>): string[] {
  const text = `minimum ${name} usage per ${type} is ${Quantity.parse(bound).toString()}`;
  const request = requests[name];
  const limit = limits[name];
  if (request === undefined) return [`${text}.  No request is specified`];
  if (compare(request, bound) < 0) return [`${text}, but request is ${Quantity.parse(request).toString()}`];
  return limit !== undefined && compare(limit, bound) < 0 ? [`${text}, but limit is ${Quantity.parse(limit).toString()}`] : [];
}

function aboveMaximum(type: string, name: string, bound: string | number, requests: Readonly<ResourceAmounts>, limits: Readonly<ResourceAmounts>): string[] {
  const text = `maximum ${name} usage per ${type} is ${Quantity.parse(bound).toString()}`;
  const request = requests[name];
  const limit = limits[name];
  if (limit === undefined) return [`${text}.  No limit is specified`];
  if (compare(limit, bound) > 0) return [`${text}, but limit is ${Quantity.parse(limit).toString()}`];
  return request !== undefined && compare(request, bound) > 0 ? [`${text}, but request is ${Quantity.parse(request).toString()}`] : [];
}

function aboveRatio(type: string, name: string, bound: string | number, requests: Readonly<ResourceAmounts>, limits: Readonly<ResourceAmounts>): string[] {
  const most = Quantity.parse(bound);
  const text = `${name} max limit to request ratio per ${type} is ${most.toString()}`;
  const request = Quantity.tryParse(requests[name]);
  const limit = Quantity.tryParse(limits[name]);
  if (!request || request.isZero) return [`${text}, but no request is specified or request is 0`];
  if (!limit || limit.isZero) return [`${text}, but no limit is specified or limit is 0`];
  const ratio = Number(limit.milliValue()) / Number(request.milliValue());
  return ratio * 1000 > Number(most.milliValue()) ? [`${text}, but provided ratio is ${ratio.toFixed(6)}`] : [];
}
