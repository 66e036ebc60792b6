import { duplicate, invalid, notSupported, Path, required, type FieldError } from '../../api/field.js';
import { isDns1035Label } from '../../api/names.js';
import type { MutatingWebhook, MutatingWebhookConfiguration, ValidatingWebhook, ValidatingWebhookConfiguration } from '../../api/types/admissionregistration-v1.js';
import type { Cell, Kind, Strategy } from '../../registry/kind.js';
import { fullyQualifiedNameErrors } from '../common/domain-names.js';
import { semanticEqual } from '../common/equality.js';
import { acceptExpressions, type ExpressionCompiler } from '../common/expressions.js';
import { age } from '../common/printing.js';
import { webhookServiceErrors, webhookUrlErrors } from '../common/webhook-client.js';
import { defineKind } from '../define-kind.js';
import type { KindEnvironment } from '../environment.js';
import { validateLabelSelector } from '../shared/label-validation.js';
import { matchConditionErrors } from './policy-expressions.js';
import { FAILURE_POLICIES, MATCH_POLICIES, REINVOCATION_POLICIES, ruleDefaults, ruleErrors, staticNameWarnings } from './rules.js';

/** Admission webhooks: https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/ */

const WEBHOOKS = Path.of('webhooks');
const REVIEW_VERSIONS = ['v1', 'v1beta1'];
const NO_SIDE_EFFECTS = ['None', 'NoneOnDryRun'];
const SIDE_EFFECTS = ['None', 'NoneOnDryRun', 'Some', 'Unknown'];

type Webhook = ValidatingWebhook | MutatingWebhook;
type Configuration = ValidatingWebhookConfiguration | MutatingWebhookConfiguration;

const hooksOf = (configuration: Configuration): readonly Webhook[] => configuration.webhooks ?? [];

function defaults(configuration: Configuration): void {
  for (const hook of hooksOf(configuration)) {
    hook.failurePolicy ??= 'Fail';
    hook.matchPolicy ??= 'Equivalent';
    hook.namespaceSelector ??= {};
    hook.objectSelector ??= {};
    hook.timeoutSeconds ??= 10;
    if (configuration.kind === 'MutatingWebhookConfiguration') (hook as MutatingWebhook).reinvocationPolicy ??= 'Never';
    if (hook.clientConfig.service) hook.clientConfig.service.port ??= 443;
    ruleDefaults(hook.rules);
  }
}

/** What a stored configuration may keep although it is not allowed any more. */
interface Tolerated {
  readonly sideEffects: boolean;
  readonly reviewVersions: boolean;
  readonly sameNames: boolean;
  readonly allowInvalidValues: boolean;
  readonly conditions: boolean;
}

function toleratedOf(configuration: Configuration, old: Configuration | undefined): Tolerated {
  const before = old ? hooksOf(old) : [];
  const hooks = hooksOf(configuration);
  const names = before.map(({ name }) => name);
  return {
    sideEffects: before.some(({ sideEffects }) => !NO_SIDE_EFFECTS.includes(sideEffects)),
    reviewVersions: before.some(({ admissionReviewVersions: versions }) => versions.length > 0 && !versions.some((version) => REVIEW_VERSIONS.includes(version))),
    sameNames: new Set(names).size < names.length,
    allowInvalidValues: before.some((hook) => [hook.namespaceSelector, hook.objectSelector].some((selector) => validateLabelSelector(selector, WEBHOOKS).length > 0)),
    conditions: old !== undefined && before.length === hooks.length && before.every((hook, i) => semanticEqual(hook.matchConditions, hooks[i]?.matchConditions)),
  };
}

const oneOf = (value: string | undefined, supported: readonly string[], path: Path): FieldError[] => (value === undefined || supported.includes(value) ? [] : [notSupported(path, value, supported)]);

function clientErrors({ clientConfig: { url, service } }: Webhook, path: Path): FieldError[] {
  if ((url === undefined) === (service === undefined)) return [required(path, 'exactly one of url or service is required')];
  return [...(url === undefined ? [] : webhookUrlErrors(url, path.child('url'))), ...(service ? webhookServiceErrors(service, path.child('service')) : [])];
}

function sideEffectErrors(sideEffects: string | null, path: Path, tolerated: boolean): FieldError[] {
  const allowed = tolerated ? SIDE_EFFECTS : NO_SIDE_EFFECTS;
  if (sideEffects === null) return [required(path, `must specify one of ${allowed.join(', ')}`)];
  return oneOf(sideEffects, allowed, path);
}

function reviewVersionErrors(versions: readonly string[], path: Path, tolerated: boolean): FieldError[] {
  if (versions.length === 0) return [required(path, `must specify one of ${REVIEW_VERSIONS.join(', ')}`)];
  const errors = versions.flatMap((version, i) =>
    versions.indexOf(version) < i ? [invalid(path.index(i), version, 'duplicate version')] : isDns1035Label(version).map((text) => invalid(path.index(i), version, text)),
  );
  const known = tolerated || versions.some((version) => REVIEW_VERSIONS.includes(version));
  return known ? errors : [...errors, invalid(path, versions, `must include at least one of ${REVIEW_VERSIONS.join(', ')}`)];
}

function hookErrors(hook: Webhook, path: Path, compiler: ExpressionCompiler, tolerated: Tolerated): FieldError[] {
  const { name, rules = [], failurePolicy, matchPolicy, timeoutSeconds: timeout, namespaceSelector, objectSelector } = hook;
  return [
    ...fullyQualifiedNameErrors(name, path.child('name')),
    ...rules.flatMap((rule, i) => ruleErrors(rule, path.child('rules').index(i))),
    ...oneOf(failurePolicy, FAILURE_POLICIES, path.child('failurePolicy')),
    ...oneOf(matchPolicy, MATCH_POLICIES, path.child('matchPolicy')),
    // Null where it was left out, as Go prints a pointer that is nil.
    ...sideEffectErrors(hook.sideEffects as string | null, path.child('sideEffects'), tolerated.sideEffects),
    ...(timeout !== undefined && (timeout < 1 || timeout > 30) ? [invalid(path.child('timeoutSeconds'), timeout, 'the timeout value must be between 1 and 30 seconds')] : []),
    ...validateLabelSelector(namespaceSelector, path.child('namespaceSelector'), tolerated),
    ...validateLabelSelector(objectSelector, path.child('objectSelector'), tolerated),
    ...oneOf((hook as MutatingWebhook).reinvocationPolicy, REINVOCATION_POLICIES, path.child('reinvocationPolicy')),
    ...clientErrors(hook, path.child('clientConfig')),
    ...(tolerated.conditions ? [] : matchConditionErrors(hook.matchConditions, compiler, false, path.child('matchConditions'))),
    ...reviewVersionErrors(hook.admissionReviewVersions, path.child('admissionReviewVersions'), tolerated.reviewVersions),
  ];
}

function errorsOf(configuration: Configuration, old: Configuration | undefined, compiler: ExpressionCompiler): FieldError[] {
  const tolerated = toleratedOf(configuration, old);
  const hooks = hooksOf(configuration);
  return hooks.flatMap((hook, i) => {
    const path = WEBHOOKS.index(i);
    const again = hook.name !== '' && hooks.findIndex(({ name }) => name === hook.name) < i;
    return [...hookErrors(hook, path, compiler, tolerated), ...(again && !tolerated.sameNames ? [duplicate(path.child('name'), hook.name)] : [])];
  });
}

const strategyOf = (compiler: ExpressionCompiler): Strategy<Configuration> => ({
  metadata: 'lenient',
  generation: 'spec',
  allowUnconditionalUpdate: false,
  defaults,
  validate: (configuration) => errorsOf(configuration, undefined, compiler),
  validateUpdate: (configuration, old) => errorsOf(configuration, old, compiler),
  warnings: ({ metadata }) => staticNameWarnings(metadata.name),
});

const cells = (configuration: Configuration, nowMs: number): readonly Cell[] => [configuration.metadata.name, hooksOf(configuration).length, age(configuration.metadata.creationTimestamp, nowMs)];

const GROUP = { group: 'admissionregistration.k8s.io', version: 'v1' };

export function webhookConfigurationKinds({ expressions = acceptExpressions }: KindEnvironment): [Kind<ValidatingWebhookConfiguration>, Kind<MutatingWebhookConfiguration>] {
  const definition = { strategy: strategyOf(expressions), cells };
  return [defineKind<ValidatingWebhookConfiguration>({ ...GROUP, kind: 'ValidatingWebhookConfiguration' }, definition), defineKind<MutatingWebhookConfiguration>({ ...GROUP, kind: 'MutatingWebhookConfiguration' }, definition)];
}
