import { invalid, Path, required, type FieldError } from '../../api/field.js';
import { Quantity } from '../../api/quantity.js';
import type { ResourceQuota, ResourceQuotaSpec, ScopeSelector } from '../../api/types/core-v1.js';
import type { Cell, Strategy } from '../../registry/kind.js';
import { IMMUTABLE_TEXT } from '../common/equality.js';
import { age } from '../common/printing.js';
import { defineKind, statusStrategy } from '../define-kind.js';
import { type ResourceList, roundUpToMilli, sortedEntries } from '../shared/resource-list.js';
import { validateResourceName } from '../shared/resource-names.js';
import { validateResourceQuantity } from '../shared/resource-requirements-validation.js';

const SPEC = Path.of('spec');
const STATUS = Path.of('status');
const COMPUTE = ['cpu', 'memory', 'limits.cpu', 'limits.memory', 'requests.cpu', 'requests.memory'];
/** What a quota counts by these names; others are `count/…` or names of extended resources. */
const QUOTA_RESOURCES = new Set([
  ...COMPUTE,
  'ephemeral-storage',
  'requests.storage',
  'requests.ephemeral-storage',
  'limits.ephemeral-storage',
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'persistentvolumeclaims',
  'configmaps',
  'services.nodeports',
  'services.loadbalancers',
]);
const POD_RESOURCES = ['pods', ...COMPUTE];
/** The resources that a scope can narrow. */
const SCOPES: ReadonlyMap<string, readonly string[]> = new Map([
  ['Terminating', POD_RESOURCES],
  ['NotTerminating', POD_RESOURCES],
  ['NotBestEffort', POD_RESOURCES],
  ['PriorityClass', POD_RESOURCES],
  ['CrossNamespacePodAffinity', POD_RESOURCES],
  ['BestEffort', ['pods']],
  ['VolumeAttributesClass', ['persistentvolumeclaims', 'requests.storage']],
]);
const EXISTS_ONLY = ['BestEffort', 'NotBestEffort', 'Terminating', 'NotTerminating', 'CrossNamespacePodAffinity'];
const EXISTS_TEXT =
  "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity";
const CONFLICTS = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
] as const;

const isQuotaResource = (name: string): boolean => QUOTA_RESOURCES.has(name) || name.startsWith('hugepages-') || name.startsWith('requests.hugepages-');

function amountsErrors(amounts: ResourceList | undefined, path: Path): FieldError[] {
  return sortedEntries(amounts).flatMap(([name, amount]) => {
    const at = path.key(name);
    const odd = !name.includes('/') && !isQuotaResource(name);
    return [...validateResourceName(name, at), ...(odd ? [invalid(at, name, 'must be a standard resource for quota')] : []), ...validateResourceQuantity(name, amount, at)];
  });
}

/** The resources of a quota that a scope does not go with. */
function misfits(scope: string, { hard }: ResourceQuotaSpec): string[] {
  const fits = SCOPES.get(scope);
  return fits ? sortedEntries(hard).flatMap(([name]) => (isQuotaResource(name) && !fits.includes(name) ? [name] : [])) : [];
}

const conflictErrors = (scopes: readonly string[], value: unknown, path: Path): FieldError[] =>
  CONFLICTS.filter((pair) => pair.every((scope) => scopes.includes(scope))).map(() => invalid(path, value, 'conflicting scopes'));

function scopeErrors(spec: ResourceQuotaSpec): FieldError[] {
  const { scopes = [] } = spec;
  const path = SPEC.child('scopes');
  const errors = scopes.flatMap((scope) => [
    ...(SCOPES.has(scope) ? [] : [invalid(path, scopes, 'unsupported scope')]),
    ...misfits(scope, spec).map(() => invalid(path, scopes, 'unsupported scope applied to resource')),
  ]);
  return [...errors, ...conflictErrors(scopes, scopes, path)];
}

/** The internal struct, as Go shows it. */
const goSelector = ({ matchExpressions = [] }: ScopeSelector): object => ({
  MatchExpressions: matchExpressions.map(({ scopeName, operator, values = [] }) => ({ ScopeName: scopeName, Operator: operator, Values: values.length > 0 ? values : null })),
});

function selectorErrors(spec: ResourceQuotaSpec): FieldError[] {
  const { scopeSelector: selector, scopes } = spec;
  if (!selector) return [];
  const path = SPEC.child('scopeSelector', 'matchExpressions');
  const [operatorPath, valuesPath] = [path.child('operator'), path.child('values')];
  const expressions = selector.matchExpressions ?? [];
  const errors = expressions.flatMap(({ scopeName, operator, values = [] }) => {
    const own: FieldError[] = [];
    if (!SCOPES.has(scopeName)) own.push(invalid(path.child('scopeName'), scopeName, 'unsupported scope'));
    own.push(...misfits(scopeName, spec).map(() => invalid(path, goSelector(selector), 'unsupported scope applied to resource')));
    if (EXISTS_ONLY.includes(scopeName) && operator !== 'Exists') own.push(invalid(operatorPath, operator, EXISTS_TEXT));
    if (operator === 'In' || operator === 'NotIn') {
      if (values.length === 0) own.push(required(valuesPath, "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"));
    } else if (operator === 'Exists' || operator === 'DoesNotExist') {
      if (values.length > 0) own.push(invalid(valuesPath, values, "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"));
    } else own.push(invalid(operatorPath, operator, 'not a valid selector operator'));
    return own;
  });
  const names = expressions.map(({ scopeName }) => scopeName);
  return [...errors, ...conflictErrors(names, scopes?.length ? scopes : null, path)];
}

const specErrors = ({ spec }: ResourceQuota): FieldError[] => [...amountsErrors(spec.hard, SPEC.child('hard')), ...scopeErrors(spec), ...selectorErrors(spec)];
const statusErrors = ({ status }: ResourceQuota): FieldError[] => [...amountsErrors(status?.hard, STATUS.child('hard')), ...amountsErrors(status?.used, STATUS.child('used'))];

function updateErrors(quota: ResourceQuota, old: ResourceQuota): FieldError[] {
  const [scopes, before] = [quota.spec?.scopes ?? [], old.spec?.scopes ?? []];
  const same = scopes.every((scope) => before.includes(scope)) && before.every((scope) => scopes.includes(scope));
  return [...specErrors(quota), ...(same ? [] : [invalid(SPEC.child('scopes'), scopes.length > 0 ? scopes : null, IMMUTABLE_TEXT)])];
}

/** Requests that are more than limits: allowed, but hardly meant. */
function orderWarnings({ spec }: ResourceQuota): string[] {
  const hard = spec?.hard ?? {};
  return ['cpu', 'memory', 'storage', 'ephemeral-storage'].flatMap((resource) => {
    const bare = resource === 'cpu' || resource === 'memory';
    const name = hard[`requests.${resource}`] === undefined && bare ? resource : `requests.${resource}`;
    const limitName = `limits.${resource}`;
    const [request, limit] = [hard[name], hard[limitName]];
    if (request === undefined || limit === undefined || Quantity.parse(request).compare(Quantity.parse(limit)) <= 0) return [];
    return [`ResourceQuota ${name} (${request}) should be less than ${limitName} (${limit})`];
  });
}

function cells({ metadata, status }: ResourceQuota, nowMs: number): readonly Cell[] {
  const used = status?.used ?? {};
  const texts = sortedEntries(status?.hard).map(([name, hard]) => ({ limit: name.startsWith('limits.'), text: `${name}: ${used[name] ?? '0'}/${hard}` }));
  const joined = (limits: boolean): string =>
    texts
      .filter(({ limit }) => limit === limits)
      .map(({ text }) => text)
      .join(', ');
  return [metadata.name, joined(false), joined(true), age(metadata.creationTimestamp, nowMs)];
}

const strategy: Strategy<ResourceQuota> = {
  generation: 'none',
  returnsDeleted: true,
  defaults({ spec, status }) {
    for (const amounts of [spec?.hard, status?.hard, status?.used]) roundUpToMilli(amounts);
  },
  prepareForCreate(quota) {
    quota.status = {};
  },
  validate: specErrors,
  validateUpdate: updateErrors,
  warnings: (quota, old) => (old ? [] : orderWarnings(quota)),
  resetFields: [['status']],
};

/** ResourceQuotas: https://kubernetes.io/docs/concepts/policy/resource-quotas/ */
export const resourceQuotaKind = defineKind<ResourceQuota>(
  { group: '', version: 'v1', kind: 'ResourceQuota' },
  { strategy, subresources: { status: { type: 'object', strategy: statusStrategy(strategy, { validateUpdate: statusErrors }) as Strategy } }, cells },
);
