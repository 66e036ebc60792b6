import type { GroupVersionResource } from '../../api/gvk.js';
import { LabelMatcher, labelMatcherOf } from '../../api/label-selector.js';
import type { MutatingWebhook, RuleWithOperations, ValidatingWebhook, ValidatingWebhookConfiguration } from '../../api/types/admissionregistration-v1.js';
import { notFound } from '../../api/errors.js';
import type { Entry } from '../../storage/types.js';
import type { Reader } from '../../watch/types.js';
import type { AdmissionAttributes } from '../types.js';
import type { EquivalentResource, WebhookEnvironment } from './environment.js';

/** One webhook of a configuration, with its selectors parsed. */
export interface Hook {
  readonly spec: ValidatingWebhook & Pick<MutatingWebhook, 'reinvocationPolicy'>;
  /** Tells it from others of its name: CONFIGURATION/NAME/INDEX. */
  readonly uid: string;
  readonly namespaces: LabelMatcher;
  readonly objects: LabelMatcher;
}

const parsed = new WeakMap<readonly Entry[], readonly Hook[]>();

/** All webhooks of one sort, configurations by name; parsed again when one of them has changed. */
export function hooksOf(reader: Reader, prefix: string): readonly Hook[] {
  const { entries } = reader.list(prefix);
  let hooks = parsed.get(entries);
  if (!hooks) parsed.set(entries, (hooks = entries.flatMap(({ object }) => parse(object as ValidatingWebhookConfiguration))));
  return hooks;
}

const selector = (given: Parameters<typeof labelMatcherOf>[0]): LabelMatcher => (given ? labelMatcherOf(given) : LabelMatcher.everything);

function parse({ metadata, webhooks = [] }: ValidatingWebhookConfiguration): Hook[] {
  const seen = new Map<string, number>();
  return webhooks.map((spec) => {
    const index = seen.get(spec.name) ?? 0;
    seen.set(spec.name, index + 1);
    return { spec, uid: `${metadata.name}/${spec.name}/${index}`, namespaces: selector(spec.namespaceSelector), objects: selector(spec.objectSelector) };
  });
}

/**
 * The resource that a hook wants to see a write as: the request's own where a rule names it, else the first that a rule names
 * of those that show the same objects (matchPolicy Equivalent); undefined where the hook is not concerned. Match conditions are left to the caller.
 * Throws 404 where the request's namespace is not there.
 */
export function matchHook(hook: Hook, attributes: AdmissionAttributes, environment: WebhookEnvironment): EquivalentResource | undefined {
  if (!objectMatches(hook, attributes)) return undefined;
  const resource = resourceFor(hook, attributes, environment);
  return resource && namespaceMatches(hook, attributes) ? resource : undefined;
}

function resourceFor({ spec: { rules = [], matchPolicy } }: Hook, attributes: AdmissionAttributes, environment: WebhookEnvironment): EquivalentResource | undefined {
  const own = rules.some((rule) => ruleMatches(rule, attributes, attributes.resource));
  if (!own && matchPolicy !== 'Equivalent') return undefined;
  const [same, ...others] = environment.equivalents(attributes.resource);
  if (own || !same) return same;
  for (const rule of rules) {
    const found = others.find(({ resource }) => ruleMatches(rule, attributes, resource));
    if (found) return found;
  }
  return undefined;
}

const includes = (list: readonly string[] | undefined, value: string): boolean => list?.some((item) => item === '*' || item === value) ?? false;

export function ruleMatches(rule: RuleWithOperations, { operation, subresource, namespace }: AdmissionAttributes, { group, version, resource }: GroupVersionResource): boolean {
  const inCluster = namespace === '' || (group === '' && resource === 'namespaces');
  if (rule.scope === 'Namespaced' ? inCluster : rule.scope === 'Cluster' && !inCluster) return false;
  if (!includes(rule.operations, operation) || !includes(rule.apiGroups, group) || !includes(rule.apiVersions, version)) return false;
  return (rule.resources ?? []).some((text) => {
    const slash = text.indexOf('/');
    const [name, sub] = slash < 0 ? [text, ''] : [text.slice(0, slash), text.slice(slash + 1)];
    return (name === '*' || name === resource) && (sub === '*' || sub === subresource);
  });
}

export function objectMatches({ objects }: Pick<Hook, 'objects'>, { object, oldObject }: AdmissionAttributes): boolean {
  return objects.empty || [object, oldObject].some((one) => one !== undefined && objects.matches(one.metadata?.labels ?? {}));
}

/** Cluster-scoped objects are never left out by a namespaceSelector, but for namespaces, which are chosen by their own labels. */
export function namespaceMatches({ namespaces }: Pick<Hook, 'namespaces'>, { operation, resource, subresource, object, namespace, name, reader }: AdmissionAttributes): boolean {
  const isNamespace = resource.resource === 'namespaces';
  if (namespaces.empty || (namespace === '' && !isNamespace)) return true;
  if (isNamespace && subresource === '' && (operation === 'CREATE' || operation === 'UPDATE')) return namespaces.matches(object?.metadata.labels ?? {});
  const of = namespace || name;
  const found = reader.get(`core/namespaces/${of}`);
  if (!found) throw notFound({ group: '', resource: 'namespaces' }, of);
  return namespaces.matches(found.object.metadata.labels ?? {});
}

/** Configurations of admission itself are not subject to it, lest nobody could mend one that refuses everything. */
export function isExempt({ kind }: AdmissionAttributes): boolean {
  return kind.group === 'admissionregistration.k8s.io' && /^(Validating|Mutating)(WebhookConfiguration|AdmissionPolicy(Binding)?)$/.test(kind.kind);
}
