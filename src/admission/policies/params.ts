import { parseApiVersion } from '../../api/gvk.js';
import { labelMatcherOf } from '../../api/label-selector.js';
import type { KubeObject } from '../../api/object.js';
import type { ParamKind, ParamRef } from '../../api/types/admissionregistration-v1.js';
import type { Reader } from '../../watch/types.js';
import type { ParamSource, WebhookEnvironment } from '../webhooks/environment.js';

/** A policy or a binding that does not fit the cluster as it is; what that means is said by the failurePolicy. */
export class ConfigurationProblem extends Error {}

/** Where parameters of a policy come from; undefined where it has none. Throws ConfigurationProblem for a kind that nobody serves. */
export function paramSource(paramKind: ParamKind | undefined, environment: WebhookEnvironment): ParamSource | undefined {
  if (!paramKind) return undefined;
  const { group, version } = parseApiVersion(paramKind.apiVersion ?? '');
  const source = environment.params({ group, version, kind: paramKind.kind ?? '' });
  if (!source) throw new ConfigurationProblem(`failed to find resource referenced by paramKind: '${group}/${version}, Kind=${paramKind.kind ?? ''}'`);
  return source;
}

/** What a policy is evaluated with, once each; undefined stands for no parameters. Throws ConfigurationProblem. */
export function collectParams(source: ParamSource | undefined, ref: ParamRef | undefined, namespace: string, reader: Reader): ReadonlyArray<KubeObject | undefined> {
  if (!source || !ref) return [undefined];
  let { prefix } = source;
  if (source.namespaced) {
    const within = ref.namespace || namespace;
    if (within === '') throw new ConfigurationProblem('cannot use namespaced paramRef in policy binding that matches cluster-scoped resources');
    prefix += `${within}/`;
  } else if (ref.namespace) throw new ConfigurationProblem('paramRef.namespace must not be provided for a cluster-scoped `paramKind`');
  const found = ref.name ? [reader.get(`${prefix}${ref.name}`)?.object] : reader.selectLabels(prefix, labelMatcherOf(ref.selector)).entries.map(({ object }) => object);
  const params = found.filter((object) => object !== undefined).map((object) => source.show(object));
  if (params.length === 0 && ref.parameterNotFoundAction === 'Deny') throw new ConfigurationProblem('no params found for policy binding with `Deny` parameterNotFoundAction');
  return params;
}
