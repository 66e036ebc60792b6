import { duplicate, invalid, notSupported, type Path, required, type FieldError } from '../../api/field.js';
import { isPathSegmentName } from '../../api/names.js';
import type { MatchResources, NamedRuleWithOperations, RuleWithOperations } from '../../api/types/admissionregistration-v1.js';
import { validateLabelSelector } from '../shared/label-validation.js';

/** Which requests webhooks and policies are for. */

const OPERATIONS: readonly string[] = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];
const SCOPES = ['*', 'Cluster', 'Namespaced'];
export const MATCH_POLICIES = ['Equivalent', 'Exact'];
export const FAILURE_POLICIES = ['Fail', 'Ignore'];
export const REINVOCATION_POLICIES = ['IfNeeded', 'Never'];

export function ruleDefaults(rules: readonly RuleWithOperations[] | undefined): void {
  for (const rule of rules ?? []) rule.scope ??= '*';
}

export function matchDefaults(match: MatchResources | undefined): void {
  if (!match) return;
  match.matchPolicy ??= 'Equivalent';
  match.namespaceSelector ??= {};
  match.objectSelector ??= {};
  ruleDefaults(match.resourceRules);
  ruleDefaults(match.excludeResourceRules);
}

/** Errors of a list of names of which `*` stands for all. */
function wildcardErrors(values: readonly string[] | undefined, what: string, path: Path): FieldError[] {
  const list = values ?? [];
  if (list.length === 0) return [required(path)];
  return list.length > 1 && list.includes('*') ? [invalid(path, list, `if '*' is present, must not specify other ${what}`)] : [];
}

function resourceErrors(resources: readonly string[] | undefined, path: Path): FieldError[] {
  const list = resources ?? [];
  const errors = list.length === 0 ? [required(path)] : [];
  const allSubresources = new Set<string>();
  const allResources = new Set<string>();
  // Whether the last name without a subresource was no wildcard: that is how Kubernetes counts.
  let plain = false;
  for (const [i, text] of list.entries()) {
    const at = path.index(i);
    if (text === '') {
      errors.push(required(at));
      continue;
    }
    const slash = text.indexOf('/');
    if (slash < 0) {
      plain = text !== '*';
      continue;
    }
    const [resource, subresource] = [text.slice(0, slash), text.slice(slash + 1)];
    if (allSubresources.has(resource)) errors.push(invalid(at, text, `if '${resource}/*' is present, must not specify ${text}`));
    if (allResources.has(subresource)) errors.push(invalid(at, text, `if '*/${subresource}' is present, must not specify ${text}`));
    if (subresource === '*') allSubresources.add(resource);
    if (resource === '*') allResources.add(subresource);
  }
  if (list.length > 1 && list.includes('*/*')) errors.push(invalid(path, list, "if '*/*' is present, must not specify other resources"));
  if (list.includes('*') && plain) errors.push(invalid(path, list, "if '*' is present, must not specify other resources without subresources"));
  return errors;
}

export function ruleErrors({ operations, apiGroups, apiVersions, resources, scope }: RuleWithOperations, path: Path): FieldError[] {
  const [operationsPath, versionsPath] = [path.child('operations'), path.child('apiVersions')];
  return [
    ...wildcardErrors(operations, 'operations', operationsPath),
    ...(operations ?? []).flatMap((operation, i) => (OPERATIONS.includes(operation) ? [] : [notSupported(operationsPath.index(i), operation, OPERATIONS)])),
    ...wildcardErrors(apiGroups, 'API groups', path.child('apiGroups')),
    ...wildcardErrors(apiVersions, 'API versions', versionsPath),
    ...(apiVersions ?? []).flatMap((version, i) => (version ? [] : [required(versionsPath.index(i))])),
    ...resourceErrors(resources, path.child('resources')),
    ...(scope === undefined || SCOPES.includes(scope) ? [] : [notSupported(path.child('scope'), scope, SCOPES)]),
  ];
}

function namedRuleErrors(rule: NamedRuleWithOperations, path: Path): FieldError[] {
  const names = rule.resourceNames ?? [];
  const errors = names.flatMap((name, i) => {
    const at = path.child('resourceNames').index(i);
    return [...isPathSegmentName(name).map((text) => invalid(at, name, text)), ...(names.indexOf(name) < i ? [duplicate(at, name)] : [])];
  });
  return [...errors, ...ruleErrors(rule, path)];
}

/** Errors of what a policy or binding is for. Selectors are those of types that were never lenient. */
export function matchErrors(match: MatchResources | undefined, path: Path): FieldError[] {
  if (!match) return [];
  const { matchPolicy, namespaceSelector, objectSelector, resourceRules = [], excludeResourceRules = [] } = match;
  const at = path.child('matchPolicy');
  return [
    ...(matchPolicy === undefined ? [required(at)] : MATCH_POLICIES.includes(matchPolicy) ? [] : [notSupported(at, matchPolicy, MATCH_POLICIES)]),
    ...validateLabelSelector(namespaceSelector, path.child('namespaceSelector')),
    ...validateLabelSelector(objectSelector, path.child('objectSelector')),
    ...resourceRules.flatMap((rule, i) => namedRuleErrors(rule, path.child('resourceRules').index(i))),
    ...excludeResourceRules.flatMap((rule, i) => namedRuleErrors(rule, path.child('excludeResourceRules').index(i))),
  ];
}

const MUTABLE_OPERATIONS: readonly string[] = OPERATIONS.filter((operation) => operation !== 'DELETE');

/** What is being deleted cannot be changed. */
export function mutatingOperationErrors(match: MatchResources | undefined, path: Path): FieldError[] {
  const at = path.child('resourceRules', 'operations');
  return (match?.resourceRules ?? []).flatMap(({ operations }) => (operations ?? []).flatMap((operation) => (MUTABLE_OPERATIONS.includes(operation) ? [] : [notSupported(at, operation, MUTABLE_OPERATIONS)])));
}

const STATIC_SUFFIX = '.static.k8s.io';

export const staticNameWarnings = (name: string): string[] =>
  name.endsWith(STATIC_SUFFIX) ? [`metadata.name: names ending with "${STATIC_SUFFIX}" are reserved for static manifest-based configurations and cannot be managed via the API`] : [];
