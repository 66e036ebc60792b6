import { forbidden, invalid, notSupported, Path, required, type FieldError } from '../../api/field.js';
import { nameIsDnsLabel, nameIsDnsSubdomain } from '../../api/names.js';
import type { FlowSchema, FlowSchemaSpec, NonResourcePolicyRule, PolicyRulesWithSubjects, ResourcePolicyRule, Subject } from '../../api/types/flowcontrol-v1.js';
import type { Strategy } from '../../registry/kind.js';
import { semanticEqual } from '../common/equality.js';
import { keepAllButManagers } from '../common/keep-metadata.js';
import { age } from '../common/printing.js';
import { defineKind, statusStrategy } from '../define-kind.js';
import { flowConditionErrors } from './conditions.js';

const SPEC = Path.of('spec');
const MAX_PRECEDENCE = 10_000;
const DISTINGUISHERS = ['ByNamespace', 'ByUser'];
const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'proxy', 'update', 'watch'];

const EVERYTHING: Omit<PolicyRulesWithSubjects, 'subjects'> = {
  resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], clusterScope: true, namespaces: ['*'] }],
  nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
};
const groups = (...names: string[]): Subject[] => names.map((name) => ({ kind: 'Group', group: { name } }));

/** Schemas that every cluster has, and that nobody may change. */
const MANDATORY: ReadonlyMap<string, FlowSchemaSpec> = new Map<string, FlowSchemaSpec>([
  ['exempt', { matchingPrecedence: 1, priorityLevelConfiguration: { name: 'exempt' }, rules: [{ ...EVERYTHING, subjects: groups('system:masters') }] }],
  [
    'catch-all',
    {
      matchingPrecedence: MAX_PRECEDENCE,
      priorityLevelConfiguration: { name: 'catch-all' },
      distinguisherMethod: { type: 'ByUser' },
      rules: [{ ...EVERYTHING, subjects: groups('system:unauthenticated', 'system:authenticated') }],
    },
  ],
]);

const isEmpty = (list: readonly string[] | undefined): boolean => (list ?? []).length === 0;
/** `*` beside other values; `what` they are. */
const wildcardErrors = (values: readonly string[], what: string, path: Path): FieldError[] => (values.includes('*') && values.length > 1 ? [invalid(path, values, `if '*' is present, must not specify other ${what}`)] : []);

function verbErrors(verbs: readonly string[], path: Path): FieldError[] {
  if (verbs.length === 0) return [required(path, 'verbs must contain at least one value')];
  if (verbs.includes('*')) return wildcardErrors(verbs, 'verbs', path);
  return verbs.every((verb) => VERBS.includes(verb)) ? [] : [notSupported(path, verbs, VERBS)];
}

function urlProblem(url: string): string | undefined {
  if (url === '') return 'must not be empty';
  if (url === '/') return undefined;
  if (!url.startsWith('/')) return 'must start with slash';
  if (url.includes(' ')) return 'must not contain white-space';
  if (url.includes('//')) return 'must not contain double slash';
  const wildcards = url.split('*').length - 1;
  return wildcards > 1 || (wildcards === 1 && !url.endsWith('/*')) ? 'wildcard can only do suffix matching' : undefined;
}

function nonResourceErrors({ verbs, nonResourceURLs: urls }: NonResourcePolicyRule, path: Path): FieldError[] {
  const at = path.child('nonResourceURLs');
  const errors = verbErrors(verbs, path.child('verbs'));
  if (urls.length === 0) return [...errors, required(at, 'nonResourceURLs must contain at least one value')];
  if (urls.includes('*')) return [...errors, ...wildcardErrors(urls, 'non-resource URLs', at)];
  return [
    ...errors,
    ...urls.flatMap((url, i) => {
      const problem = urlProblem(url);
      return problem === undefined ? [] : [invalid(at.index(i), url, problem)];
    }),
  ];
}

function resourceErrors({ verbs, apiGroups, resources, namespaces = [], clusterScope }: ResourcePolicyRule, path: Path): FieldError[] {
  const at = path.child('namespaces');
  const errors = [
    ...verbErrors(verbs, path.child('verbs')),
    ...(isEmpty(apiGroups) ? [required(path.child('apiGroups'), 'resource rules must supply at least one api group')] : wildcardErrors(apiGroups, 'api groups', path.child('apiGroups'))),
    ...(isEmpty(resources) ? [required(path.child('resources'), 'resource rules must supply at least one resource')] : wildcardErrors(resources, 'resources', path.child('resources'))),
  ];
  if (namespaces.length === 0 && !clusterScope) return [...errors, required(at, 'resource rules that are not cluster scoped must supply at least one namespace')];
  if (namespaces.includes('*')) return [...errors, ...wildcardErrors(namespaces, 'namespaces', at)];
  return [...errors, ...namespaces.flatMap((name, i) => nameIsDnsLabel(name, false).map((text) => invalid(at.index(i), name, `each member of this list must be '*' or a DNS-1123 label; ${text}`)))];
}

const SUBJECT_FIELDS = { ServiceAccount: 'serviceAccount', User: 'user', Group: 'group' } as const;
/** The fields of the other kinds, in the order in which Kubernetes looks at them. */
const OTHERS = { ServiceAccount: ['User', 'Group'], User: ['ServiceAccount', 'Group'], Group: ['ServiceAccount', 'User'] } as const;
const isSubjectKind = (kind: string): kind is keyof typeof SUBJECT_FIELDS => Object.hasOwn(SUBJECT_FIELDS, kind);

function subjectErrors(subject: Subject, path: Path): FieldError[] {
  const { kind } = subject;
  if (!isSubjectKind(kind)) return [notSupported(path.child('kind'), kind, ['Group', 'ServiceAccount', 'User'])];
  const field = SUBJECT_FIELDS[kind];
  const own = subject[field];
  const at = path.child(field);
  const errors = own ? nameErrors(subject, own.name, at) : [required(at, `${field} is required when subject kind is '${kind}'`)];
  const others = OTHERS[kind].filter((other) => subject[SUBJECT_FIELDS[other]]);
  return [...errors, ...others.map((other) => forbidden(path.child(SUBJECT_FIELDS[other]), `${SUBJECT_FIELDS[other]} is forbidden when subject kind is not '${other}'`))];
}

function nameErrors({ kind, serviceAccount }: Subject, name: string, path: Path): FieldError[] {
  const at = path.child('name');
  if (kind !== 'ServiceAccount') return name ? [] : [required(at)];
  const namespace = serviceAccount?.namespace ?? '';
  return [
    ...(!name ? [required(at)] : name === '*' ? [] : nameIsDnsSubdomain(name, false).map((text) => invalid(at, name, text))),
    ...(namespace
      ? nameIsDnsLabel(namespace, false).map((text) => invalid(path.child('namespace'), namespace, text))
      : [required(path.child('namespace'), 'must specify namespace for service account')]),
  ];
}

function ruleErrors({ subjects, resourceRules = [], nonResourceRules = [] }: PolicyRulesWithSubjects, path: Path): FieldError[] {
  return [
    ...(subjects.length === 0 ? [required(path.child('subjects'), 'subjects must contain at least one value')] : subjects.flatMap((subject, i) => subjectErrors(subject, path.child('subjects').index(i)))),
    ...(resourceRules.length + nonResourceRules.length === 0 ? [required(path, 'at least one of resourceRules and nonResourceRules has to be non-empty')] : []),
    ...resourceRules.flatMap((rule, i) => resourceErrors(rule, path.child('resourceRules').index(i))),
    ...nonResourceRules.flatMap((rule, i) => nonResourceErrors(rule, path.child('nonResourceRules').index(i))),
  ];
}

/** The internal struct, as Go shows it. */
function goSpec({ priorityLevelConfiguration, matchingPrecedence, distinguisherMethod, rules }: FlowSchemaSpec): object {
  const list = <T>(items: readonly T[] | undefined, show: (item: T) => object): object[] | null => ((items ?? []).length > 0 ? (items ?? []).map(show) : null);
  return {
    PriorityLevelConfiguration: { Name: priorityLevelConfiguration.name },
    MatchingPrecedence: matchingPrecedence ?? 0,
    DistinguisherMethod: distinguisherMethod ? { Type: distinguisherMethod.type } : null,
    Rules: list(rules, ({ subjects, resourceRules, nonResourceRules }) => ({
      Subjects: list(subjects, ({ kind, user, group, serviceAccount }) => ({
        Kind: kind,
        User: user ? { Name: user.name } : null,
        Group: group ? { Name: group.name } : null,
        ServiceAccount: serviceAccount ? { Namespace: serviceAccount.namespace, Name: serviceAccount.name } : null,
      })),
      ResourceRules: list(resourceRules, ({ verbs, apiGroups, resources, clusterScope, namespaces }) => ({
        Verbs: verbs,
        APIGroups: apiGroups,
        Resources: resources,
        ClusterScope: clusterScope ?? false,
        Namespaces: isEmpty(namespaces) ? null : namespaces,
      })),
      NonResourceRules: list(nonResourceRules, ({ verbs, nonResourceURLs }) => ({ Verbs: verbs, NonResourceURLs: nonResourceURLs })),
    })),
  };
}

function errorsOf({ metadata, spec, status }: FlowSchema): FieldError[] {
  const { matchingPrecedence: precedence = 0, distinguisherMethod: method, priorityLevelConfiguration: level, rules = [] } = spec;
  const [precedencePath, levelPath] = [SPEC.child('matchingPrecedence'), SPEC.child('priorityLevelConfiguration', 'name')];
  const errors: FieldError[] = [];
  if (precedence <= 0) errors.push(invalid(precedencePath, precedence, 'must be a positive value'));
  if (precedence > MAX_PRECEDENCE) errors.push(invalid(precedencePath, precedence, `must not be greater than ${MAX_PRECEDENCE}`));
  if (precedence === 1 && metadata.name !== 'exempt') errors.push(invalid(precedencePath, precedence, "only the schema named 'exempt' may have matchingPrecedence 1"));
  if (method && !DISTINGUISHERS.includes(method.type)) errors.push(notSupported(SPEC.child('distinguisherMethod', 'type'), { Type: method.type }, DISTINGUISHERS));
  errors.push(...(level.name ? nameIsDnsSubdomain(level.name, false).map((text) => invalid(levelPath, level.name, text)) : [required(levelPath, 'must reference a priority level')]));
  errors.push(...rules.flatMap((rule, i) => ruleErrors(rule, SPEC.child('rules').index(i))));
  const fixed = MANDATORY.get(metadata.name);
  if (fixed && !semanticEqual(spec, fixed)) errors.push(invalid(SPEC, goSpec(spec), `spec of '${metadata.name}' must equal the fixed value`));
  return [...errors, ...flowConditionErrors(status)];
}

const strategy: Strategy<FlowSchema> = {
  generation: 'spec',
  defaults({ spec }) {
    spec.matchingPrecedence ||= 1000;
  },
  prepareForCreate(schema) {
    schema.status = {};
  },
  validate: errorsOf,
  validateUpdate: errorsOf,
  resetFields: [['status']],
};

const statusRoute = statusStrategy(strategy, {
  prepareForUpdate(schema, old) {
    schema.spec = old.spec;
    keepAllButManagers(schema, old);
  },
  validateUpdate: ({ status }) => flowConditionErrors(status),
  resetFields: [['metadata'], ['spec']],
});

/** FlowSchemas: https://kubernetes.io/docs/concepts/cluster-administration/flow-control/ */
export const flowSchemaKind = defineKind<FlowSchema>(
  { group: 'flowcontrol.apiserver.k8s.io', version: 'v1', kind: 'FlowSchema' },
  {
    strategy,
    subresources: { status: { type: 'object', strategy: statusRoute as Strategy } },
    cells: ({ metadata, spec, status }, nowMs) => [
      metadata.name,
      spec.priorityLevelConfiguration.name,
      spec.matchingPrecedence ?? 0,
      spec.distinguisherMethod?.type ?? '<none>',
      age(metadata.creationTimestamp, nowMs),
      (status?.conditions ?? []).find(({ type }) => type === 'Dangling')?.status ?? '?',
    ],
  },
);
