import { duplicate, forbidden, invalid, Path, required, type FieldError } from '../../api/field.js';
import { isQualifiedName } from '../../api/names.js';
import { Quantity } from '../../api/quantity.js';
import type { LimitRange, LimitRangeItem } from '../../api/types/core-v1.js';
import { defineKind } from '../define-kind.js';
import { roundUpToMilli, sortedEntries } from '../shared/resource-list.js';
import { isOvercommitAllowed, validateContainerResourceName, validateResourceName } from '../shared/resource-names.js';

const LIMITS = Path.of('spec', 'limits');
const TYPES = ['Pod', 'Container', 'PersistentVolumeClaim'];
const LISTS = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const;
/** Beyond this a quantity has no thousandths (resource.MaxMilliValue). */
const MAX_MILLI_VALUE = (2n ** 63n - 1n) / 1000n;

type Amounts = Readonly<Record<string, Quantity>>;

function defaults({ spec }: LimitRange): void {
  for (const item of spec?.limits ?? []) {
    for (const name of LISTS) roundUpToMilli(item[name]);
    if (item.type !== 'Container') continue;
    const limits = { ...item.max, ...item.default };
    item.default = limits;
    item.defaultRequest = { ...item.min, ...limits, ...item.defaultRequest };
  }
}

function typeErrors(type: string, path: Path): FieldError[] {
  const errors = isQualifiedName(type).map((text) => invalid(path, type, text));
  if (errors.length > 0 || type.includes('/') || TYPES.includes(type)) return errors;
  return [invalid(path, type, 'must be a standard limit type or fully qualified')];
}

function itemErrors(item: LimitRangeItem, path: Path): FieldError[] {
  const { type } = item;
  const errors: FieldError[] = [];
  const nameErrors = type === 'Pod' || type === 'Container' ? validateContainerResourceName : validateResourceName;
  const amounts: Record<(typeof LISTS)[number], Amounts> = { max: {}, min: {}, default: {}, defaultRequest: {}, maxLimitRequestRatio: {} };
  const read = (name: (typeof LISTS)[number]): void => {
    const entries = sortedEntries(item[name]);
    for (const [resource] of entries) errors.push(...nameErrors(resource, path.child(name).key(resource)));
    amounts[name] = Object.fromEntries(entries.map(([resource, amount]) => [resource, Quantity.parse(amount)]));
  };
  read('max');
  read('min');
  for (const name of ['default', 'defaultRequest'] as const) {
    if (type !== 'Pod') read(name);
    else if (Object.keys(item[name] ?? {}).length > 0) errors.push(forbidden(path.child(name), "may not be specified when `type` is 'Pod'"));
  }
  if (type === 'PersistentVolumeClaim' && item.min?.['storage'] === undefined && item.max?.['storage'] === undefined) {
    errors.push(required(path.child('limits'), 'either minimum or maximum storage value is required, but neither was provided'));
  }
  read('maxLimitRequestRatio');
  const resources = [...new Set(Object.values(amounts).flatMap((list) => Object.keys(list)))].sort();
  return [...errors, ...resources.flatMap((resource) => orderErrors(resource, amounts, path))];
}

/** A resource's minimum, defaults and maximum must be in order. */
function orderErrors(resource: string, amounts: Record<(typeof LISTS)[number], Amounts>, path: Path): FieldError[] {
  const of = (name: (typeof LISTS)[number]): Quantity | undefined => (Object.hasOwn(amounts[name], resource) ? amounts[name][resource] : undefined);
  const [max, min, limit, request, ratio] = [of('max'), of('min'), of('default'), of('defaultRequest'), of('maxLimitRequestRatio')];
  const errors: FieldError[] = [];
  const check = (low: Quantity | undefined, high: Quantity | undefined, field: string, shown: Quantity | undefined, text: (low: string, high: string) => string): void => {
    if (low && high && low.compare(high) > 0) errors.push(invalid(path.child(field).key(resource), String(shown), text(String(low), String(high))));
  };
  check(min, max, 'min', min, (low, high) => `min value ${low} is greater than max value ${high}`);
  check(min, request, 'defaultRequest', request, (low, high) => `min value ${low} is greater than default request value ${high}`);
  check(request, max, 'defaultRequest', request, (low, high) => `default request value ${low} is greater than max value ${high}`);
  check(request, limit, 'defaultRequest', request, (low, high) => `default request value ${low} is greater than default limit value ${high}`);
  // Of these two, Kubernetes shows the bound rather than the default.
  check(min, limit, 'default', min, (low, high) => `min value ${low} is greater than default value ${high}`);
  check(limit, max, 'default', max, (low, high) => `default value ${low} is greater than max value ${high}`);
  if (ratio) errors.push(...ratioErrors(ratio, min, max, path.child('maxLimitRequestRatio').key(resource)));
  if (!isOvercommitAllowed(resource) && limit && request && !limit.equals(request)) {
    errors.push(invalid(path.child('defaultRequest').key(resource), String(request), `default value ${String(limit)} must equal to defaultRequest value ${String(request)} in ${resource}`));
  }
  return errors;
}

function ratioErrors(ratio: Quantity, min: Quantity | undefined, max: Quantity | undefined, path: Path): FieldError[] {
  const errors: FieldError[] = [];
  if (ratio.compare(Quantity.parse('1')) < 0) errors.push(invalid(path, String(ratio), `ratio ${String(ratio)} is less than 1`));
  if (!min || !max) return errors;
  const exact = [ratio, min, max].every((quantity) => quantity.value() < MAX_MILLI_VALUE);
  const [value, low, high] = exact ? [Number(ratio.milliValue()) / 1000, min.milliValue(), max.milliValue()] : [Number(ratio.value()), min.value(), max.value()];
  const bound = Number(high) / Number(low);
  if (value > bound) errors.push(invalid(path, String(ratio), `ratio ${String(ratio)} is greater than max/min = ${Number.isFinite(bound) ? bound.toFixed(6) : '+Inf'}`));
  return errors;
}

function errorsOf({ spec }: LimitRange): FieldError[] {
  const seen = new Set<string>();
  return (spec?.limits ?? []).flatMap((item, i) => {
    const path = LIMITS.index(i);
    const again = seen.has(item.type);
    seen.add(item.type);
    return [...typeErrors(item.type, path.child('type')), ...(again ? [duplicate(path.child('type'), item.type)] : []), ...itemErrors(item, path)];
  });
}

/** LimitRanges: https://kubernetes.io/docs/concepts/policy/limit-range/ */
export const limitRangeKind = defineKind<LimitRange>(
  { group: '', version: 'v1', kind: 'LimitRange' },
  {
    strategy: {
      generation: 'none',
      allowCreateOnUpdate: true,
      defaults,
      prepareForCreate({ metadata }, { ids }) {
        metadata.name ||= ids.uid();
      },
      validate: errorsOf,
      validateUpdate: errorsOf,
    },
  },
);
