import type { RequestInfo } from '../api/request-info.js';
import type { UserInfo } from '../api/user.js';

export const LEVELS = ['None', 'Metadata', 'Request', 'RequestResponse'] as const;
export type Level = (typeof LEVELS)[number];

export const STAGES = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic'] as const;
export type Stage = (typeof STAGES)[number];

/** A rule of an audit policy; the first that matches a request counts. */
export interface PolicyRule {
  readonly level: Level;
  readonly users?: readonly string[];
  readonly userGroups?: readonly string[];
  readonly verbs?: readonly string[];
  readonly resources?: ReadonlyArray<{ readonly group?: string; readonly resources?: readonly string[]; readonly resourceNames?: readonly string[] }>;
  readonly namespaces?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
  readonly omitStages?: readonly Stage[];
  readonly omitManagedFields?: boolean;
}

/** audit.k8s.io/v1 Policy. */
export interface Policy {
  readonly rules: readonly PolicyRule[];
  readonly omitStages?: readonly Stage[];
  readonly omitManagedFields?: boolean;
}

/** How a request is logged. */
export interface Verdict {
  readonly level: Level;
  readonly omitStages: ReadonlySet<Stage>;
  readonly omitManagedFields: boolean;
}

/** A policy that cannot be used; the message is one sentence. */
export class PolicyError extends Error {}

const KNOWN_FIELDS = new Set(['level', 'users', 'userGroups', 'verbs', 'resources', 'namespaces', 'nonResourceURLs', 'omitStages', 'omitManagedFields']);

/** Throws PolicyError for what is no audit.k8s.io/v1 Policy. */
export function checkPolicy(value: unknown): Policy {
  const policy = value as Partial<Policy> & { apiVersion?: unknown; kind?: unknown };
  if (typeof policy !== 'object' || policy === null || policy.kind !== 'Policy' || policy.apiVersion !== 'audit.k8s.io/v1') throw new PolicyError('this is no Policy of audit.k8s.io/v1');
  if (!Array.isArray(policy.rules) || policy.rules.length === 0) throw new PolicyError('loaded illegal policy with 0 rules');
  checkStages('omitStages', policy.omitStages);
  (policy.rules as readonly PolicyRule[]).forEach((rule, i) => {
    const unknown = Object.keys(rule).find((field) => !KNOWN_FIELDS.has(field));
    if (unknown !== undefined) throw new PolicyError(`unknown field "rules[${i}].${unknown}"`);
    if (!LEVELS.includes(rule.level)) throw new PolicyError(`rules[${i}].level: Unsupported value: ${JSON.stringify(rule.level)}: supported values: ${LEVELS.map((level) => JSON.stringify(level)).join(', ')}`);
    checkStages(`rules[${i}].omitStages`, rule.omitStages);
    if (rule.nonResourceURLs?.length && (rule.resources?.length || rule.namespaces?.length)) throw new PolicyError(`rules[${i}].nonResourceURLs: Invalid value: rules cannot apply to both regular resources and non-resource URLs`);
  });
  return policy as Policy;
}

function checkStages(field: string, stages: readonly Stage[] | undefined): void {
  const wrong = stages?.find((stage) => !STAGES.includes(stage));
  if (wrong !== undefined) throw new PolicyError(`${field}: Unsupported value: ${JSON.stringify(wrong)}: supported values: ${STAGES.map((stage) => JSON.stringify(stage)).join(', ')}`);
}

/** The rules of k8s.io/apiserver/pkg/audit/policy/checker.go. */
export function evaluate(policy: Policy, user: UserInfo, info: RequestInfo): Verdict {
  const rule = policy.rules.find((candidate) => ruleMatches(candidate, user, info));
  return {
    level: rule?.level ?? 'None',
    omitStages: new Set([...(policy.omitStages ?? []), ...(rule?.omitStages ?? [])]),
    omitManagedFields: rule?.omitManagedFields ?? policy.omitManagedFields ?? false,
  };
}

const lacks = (list: readonly string[] | undefined, value: string): boolean => (list?.length ?? 0) > 0 && !list?.includes(value);

function ruleMatches(rule: PolicyRule, user: UserInfo, info: RequestInfo): boolean {
  if (lacks(rule.users, user.name) || lacks(rule.verbs, info.verb)) return false;
  if (rule.userGroups?.length && !user.groups.some((group) => rule.userGroups?.includes(group))) return false;
  if (rule.namespaces?.length || rule.resources?.length) return resourceMatches(rule, info);
  if (rule.nonResourceURLs?.length) return !info.isResource && rule.nonResourceURLs.some((spec) => spec === '*' || spec === info.path || (spec.endsWith('*') && info.path.startsWith(spec.replace(/\*+$/, ''))));
  return true;
}

function resourceMatches(rule: PolicyRule, info: RequestInfo): boolean {
  if (!info.isResource || lacks(rule.namespaces, info.namespace)) return false;
  if (!rule.resources?.length) return true;
  const { resource, subresource } = info;
  const combined = subresource === '' ? resource : `${resource}/${subresource}`;
  return rule.resources.some(({ group = '', resources = [], resourceNames }) => {
    if (group !== '*' && group !== info.group) return false;
    if (resources.length === 0) return true;
    if (lacks(resourceNames, info.name)) return false;
    return resources.some((wanted) => wanted === '*' || wanted === combined || (subresource !== '' && wanted === `*/${subresource}`) || wanted === `${resource}/*`);
  });
}
