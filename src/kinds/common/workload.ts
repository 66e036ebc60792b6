import { forbidden, invalid, notSupported, required, type FieldError, type Path } from '../../api/field.js';
import { type LabelMatcher, labelMatcherOf } from '../../api/label-selector.js';
import { isDns1123Label } from '../../api/names.js';
import type { KubeObject } from '../../api/object.js';
import type { PodTemplateSpec } from '../../api/types/core-v1.js';
import type { LabelSelector } from '../../api/types/meta-v1.js';
import { IMMUTABLE_TEXT, semanticEqual } from './equality.js';
import { goMap, goSelector } from './go-map.js';
import { validateLabelSelector } from '../shared/label-validation.js';
import { dropDisabledFields } from '../shared/disabled-fields.js';
import { podWarnings } from '../shared/pod-warnings.js';
import { validatePodTemplate } from '../shared/pod-spec-validation.js';
import type { PodValidationOptions } from '../shared/validation-options.js';

/** Rules that workloads share: a selector, and a template whose pods it selects and that run for ever. */

/** The selector that can be matched; undefined when it is malformed. */
export function matcherOf(selector: LabelSelector | undefined): LabelMatcher | undefined {
  try {
    return labelMatcherOf(selector);
  } catch {
    return undefined;
  }
}

export const isEmptySelector = (selector: LabelSelector): boolean => Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions ?? []).length === 0;

/** Errors of a workload's `selector`, which must be there and must not select everything. */
export function selectorErrors(selector: LabelSelector | undefined, emptyText: string, path: Path): FieldError[] {
  if (!selector) return [required(path)];
  return [...validateLabelSelector(selector, path), ...(isEmptySelector(selector) ? [invalid(path, goSelector(selector), emptyText)] : [])];
}

/** `field is immutable`, for a selector. */
export const immutableSelector = (selector: LabelSelector | undefined, old: LabelSelector | undefined, path: Path): FieldError[] =>
  semanticEqual(selector, old) ? [] : [invalid(path, goSelector(selector), IMMUTABLE_TEXT)];

/** `selector` does not match the labels of its own template. */
export function templateLabelErrors(template: PodTemplateSpec, matcher: LabelMatcher, path: Path): FieldError[] {
  const labels = template.metadata?.labels;
  if (matcher.empty || matcher.matches(labels)) return [];
  return [invalid(path.child('metadata', 'labels'), goMap(labels), '`selector` does not match template `labels`')];
}

/** Errors of the template of a workload whose pods are restarted always. */
export function lastingTemplateErrors(template: PodTemplateSpec, matcher: LabelMatcher, path: Path, options: PodValidationOptions, kind: string): FieldError[] {
  const { restartPolicy, activeDeadlineSeconds } = template.spec ?? {};
  return [
    ...templateLabelErrors(template, matcher, path),
    ...validatePodTemplate(template, path, options),
    ...(restartPolicy === 'Always' ? [] : [notSupported(path.child('spec', 'restartPolicy'), restartPolicy ?? '', ['Always'])]),
    ...(activeDeadlineSeconds === undefined ? [] : [forbidden(path.child('spec', 'activeDeadlineSeconds'), `activeDeadlineSeconds in ${kind} is not Supported`)]),
  ];
}

/** Names of workloads go into names and host names of pods. */
export function podNameWarnings({ metadata }: KubeObject): string[] {
  const problems = isDns1123Label(metadata.name);
  return problems.length === 0 ? [] : [`metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [${problems.join(' ')}]`];
}

/** Warnings about a template whose pods will work, but not as their author may think. */
export function templateWarnings(template: PodTemplateSpec | undefined, path: Path): string[] {
  return template?.spec ? podWarnings({ metadata: template.metadata, spec: template.spec, path, isTemplate: true }) : [];
}

/** Drops what v1.36 does not take in a template (feature gates that are off). */
export function prepareTemplate(template: PodTemplateSpec | undefined, old?: PodTemplateSpec): void {
  if (template?.spec) dropDisabledFields(template.spec, old?.spec);
}
