import type { FlowSchema, PolicyRulesWithSubjects, PriorityLevelConfiguration, Subject } from '../api/types/flowcontrol-v1.js';
import type { RequestInfo } from '../api/request-info.js';
import type { UserInfo } from '../api/user.js';
import type { Reader, Snapshot } from '../watch/types.js';

type Entries = Snapshot['entries'];

const GROUP = 'flowcontrol.apiserver.k8s.io';
const ALL = '*';
/** Where requests go that no schema matches. */
const CATCH_ALL = 'catch-all';

export interface FlowClass {
  readonly flowSchemaUid: string;
  readonly priorityLevelUid: string;
}

/**
 * Tells under which FlowSchema and priority level a request falls (https://kubernetes.io/docs/concepts/cluster-administration/flow-control/).
 * It is told to clients in headers; nobody is made to wait. Without FlowSchemas in the cluster the answer is undefined.
 */
export class FlowControl {
  private schemas: { readonly entries: Entries; readonly levels: Entries; readonly usable: readonly UsableSchema[] } | undefined;

  constructor(private readonly reader: Reader) {}

  readonly classify = (user: UserInfo, info: RequestInfo): FlowClass | undefined => {
    const schemas = this.usableSchemas();
    for (const schema of schemas) if (schema.rules.some((rule) => ruleMatches(rule, user, info))) return schema.flow;
    return schemas.find(({ name }) => name === CATCH_ALL)?.flow;
  };

  /** In order of precedence, those whose priority level exists; made anew when one of either kind changes. */
  private usableSchemas(): readonly UsableSchema[] {
    const { entries } = this.reader.list(`${GROUP}/flowschemas/`);
    const { entries: levels } = this.reader.list(`${GROUP}/prioritylevelconfigurations/`);
    if (this.schemas?.entries !== entries || this.schemas.levels !== levels) this.schemas = { entries, levels, usable: usable(entries, levels) };
    return this.schemas.usable;
  }
}

interface UsableSchema {
  readonly name: string;
  readonly precedence: number;
  readonly rules: readonly PolicyRulesWithSubjects[];
  readonly flow: FlowClass;
}

function usable(entries: Entries, levels: Entries): UsableSchema[] {
  const uids = new Map(levels.map(({ object }) => [object.metadata.name, (object as PriorityLevelConfiguration).metadata.uid ?? '']));
  const schemas: UsableSchema[] = [];
  for (const { object } of entries) {
    const { metadata, spec } = object as FlowSchema;
    const level = uids.get(spec?.priorityLevelConfiguration.name ?? '');
    if (!spec || level === undefined) continue;
    schemas.push({ name: metadata.name, precedence: spec.matchingPrecedence ?? 0, rules: spec.rules ?? [], flow: { flowSchemaUid: metadata.uid ?? '', priorityLevelUid: level } });
  }
  return schemas.sort((a, b) => a.precedence - b.precedence || (a.name < b.name ? -1 : 1));
}

function ruleMatches({ subjects, resourceRules, nonResourceRules }: PolicyRulesWithSubjects, user: UserInfo, info: RequestInfo): boolean {
  if (!subjects?.some((subject) => subjectMatches(subject, user))) return false;
  if (!info.isResource) {
    return (nonResourceRules ?? []).some((rule) => contains(rule.verbs, info.verb) && rule.nonResourceURLs.some((url) => urlMatches(url, info.path)));
  }
  const asked = info.subresource ? `${info.resource}/${info.subresource}` : info.resource;
  return (resourceRules ?? []).some(
    (rule) =>
      contains(rule.verbs, info.verb) &&
      contains(rule.resources, asked) &&
      contains(rule.apiGroups, info.group) &&
      (info.namespace === '' ? rule.clusterScope === true : contains(rule.namespaces ?? [], info.namespace)),
  );
}

function subjectMatches({ kind, user: named, group, serviceAccount }: Subject, user: UserInfo): boolean {
  switch (kind) {
    case 'User':
      return named !== undefined && (named.name === ALL || named.name === user.name);
    case 'Group':
      return group !== undefined && (group.name === ALL || user.groups.includes(group.name));
    case 'ServiceAccount': {
      if (!serviceAccount) return false;
      const prefix = `system:serviceaccount:${serviceAccount.namespace}:`;
      return serviceAccount.name === ALL ? user.name.startsWith(prefix) : user.name === prefix + serviceAccount.name;
    }
    default:
      return false;
  }
}

/** The wildcard counts only when it stands alone. */
function contains(values: readonly string[], value: string): boolean {
  return (values.length === 1 && values[0] === ALL) || values.includes(value);
}

/** Paths below a rule's path match, with or without a star. */
function urlMatches(rule: string, path: string): boolean {
  if (rule === ALL || rule === path) return true;
  const prefix = rule.endsWith('*') ? rule.slice(0, -1) : rule;
  return path.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`);
}
