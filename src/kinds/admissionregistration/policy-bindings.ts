import { duplicate, forbidden, invalid, notSupported, Path, required, type FieldError } from '../../api/field.js';
import { isPathSegmentName, nameIsDnsSubdomain } from '../../api/names.js';
import type { MutatingAdmissionPolicyBinding, ParamRef, ValidatingAdmissionPolicyBinding } from '../../api/types/admissionregistration-v1.js';
import type { LabelSelector } from '../../api/types/meta-v1.js';
import type { Cell, Strategy } from '../../registry/kind.js';
import { age } from '../common/printing.js';
import { defineKind } from '../define-kind.js';
import { validateLabelSelector } from '../shared/label-validation.js';
import { matchDefaults, matchErrors, mutatingOperationErrors, staticNameWarnings } from './rules.js';

/** Bindings of policies to what they are for. */

const GROUP = { group: 'admissionregistration.k8s.io', version: 'v1' };
const SPEC = Path.of('spec');
const MATCH = SPEC.child('matchResources');
const ACTIONS = ['Audit', 'Deny', 'Warn'];

type Binding = ValidatingAdmissionPolicyBinding | MutatingAdmissionPolicyBinding;

function paramRefErrors(ref: ParamRef | undefined, path: Path): FieldError[] {
  if (!ref) return [];
  const { name = '', selector, parameterNotFoundAction: action = '' } = ref;
  const exclusive = 'name and selector are mutually exclusive';
  const at = path.child('parameterNotFoundAction');
  return [
    ...(name ? isPathSegmentName(name).map((text) => invalid(path.child('name'), name, text)) : []),
    ...(name && selector ? [forbidden(path.child('name'), exclusive)] : []),
    ...validateLabelSelector(selector, path.child('selector')),
    ...(name && selector ? [forbidden(path.child('selector'), exclusive)] : []),
    ...(!name && !selector ? [required(path, 'one of name or selector must be specified')] : []),
    ...(!action ? [required(at)] : action === 'Deny' || action === 'Allow' ? [] : [notSupported(at, action, ['Deny', 'Allow'])]),
  ];
}

function commonErrors({ spec }: Binding): FieldError[] {
  const path = SPEC.child('policyName');
  const { policyName = '' } = spec;
  return [
    ...(policyName ? nameIsDnsSubdomain(policyName, false).map((text) => invalid(path, policyName, text)) : [required(path)]),
    ...paramRefErrors(spec.paramRef, SPEC.child('paramRef')),
    ...matchErrors(spec.matchResources, MATCH),
  ];
}

function actionErrors(actions: readonly string[], path: Path): FieldError[] {
  const errors = actions.flatMap((action, i) => [
    ...(ACTIONS.includes(action) ? [] : [notSupported(path.index(i), action, ACTIONS)]),
    ...(actions.indexOf(action) < i ? [duplicate(path.index(i), action)] : []),
  ]);
  const twice = 'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)';
  if (actions.includes('Deny') && actions.includes('Warn')) errors.push(invalid(path, actions, twice));
  return actions.length > 0 ? errors : [...errors, required(path, 'at least one validation action is required')];
}

function strategyOf<B extends Binding>(errors: (binding: B) => FieldError[]): Strategy<B> {
  return {
    metadata: 'lenient',
    generation: 'spec',
    allowUnconditionalUpdate: false,
    defaults: ({ spec }) => matchDefaults(spec.matchResources),
    validate: errors,
    validateUpdate: errors,
    warnings: ({ metadata }) => staticNameWarnings(metadata.name),
  };
}

/** The selector as Go prints the struct. */
function goText({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  const labels = Object.keys(matchLabels)
    .sort()
    .map((key) => `${key}: ${matchLabels[key] ?? ''},`)
    .join('');
  const expressions = matchExpressions.map(({ key, operator, values = [] }) => `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`).join('');
  return `&LabelSelector{MatchLabels:map[string]string{${labels}},MatchExpressions:[]LabelSelectorRequirement{${expressions}},}`;
}

function paramCell(ref: ParamRef | undefined): string {
  if (ref?.name) return `${ref.namespace || '*'}/${ref.name}`;
  return ref?.selector ? goText(ref.selector) : '<unset>';
}

const cells = ({ metadata, spec }: Binding, nowMs: number): readonly Cell[] => [metadata.name, spec.policyName ?? '', paramCell(spec.paramRef), age(metadata.creationTimestamp, nowMs)];

export const validatingAdmissionPolicyBindingKind = defineKind<ValidatingAdmissionPolicyBinding>(
  { ...GROUP, kind: 'ValidatingAdmissionPolicyBinding' },
  {
    strategy: strategyOf((binding) => [...commonErrors(binding), ...actionErrors(binding.spec.validationActions ?? [], SPEC.child('validationActions'))]),
    cells,
  },
);

export const mutatingAdmissionPolicyBindingKind = defineKind<MutatingAdmissionPolicyBinding>(
  { ...GROUP, kind: 'MutatingAdmissionPolicyBinding' },
  { strategy: strategyOf((binding) => [...commonErrors(binding), ...mutatingOperationErrors(binding.spec.matchResources, MATCH)]), cells },
);
