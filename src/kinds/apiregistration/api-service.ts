import { invalid, notSupported, Path, quote, required, type FieldError } from '../../api/field.js';
import { isDns1035Label, isDns1123Subdomain, isPathSegmentName, isPortNumber, type NameCheck } from '../../api/names.js';
import type { APIService, APIServiceCondition } from '../../api/types/apiregistration-v1.js';
import type { Strategy } from '../../registry/kind.js';
import { metadataErrors } from '../../registry/metadata.js';
import { keepMetadataFields } from '../common/keep-metadata.js';
import { age } from '../common/printing.js';
import { defineKind, statusStrategy } from '../define-kind.js';

const SPEC = Path.of('spec');
const MAX_GROUP_PRIORITY = 20_000;
const MAX_VERSION_PRIORITY = 1000;
const STATUSES = ['True', 'False', 'Unknown'];

/** The name says which group and version is served; so must a prefix of generated names. */
function nameCheck({ version = '', group = '' }: APIService['spec']): NameCheck {
  const required = `${version}.${group}`;
  return (name) => {
    const problems = isPathSegmentName(name);
    return problems.length > 0 || name === required ? problems : [`must be \`spec.version+"."+spec.group\`: ${quote(required)}`];
  };
}

function errorsOf(apiService: APIService): FieldError[] {
  const { group = '', version = '', groupPriorityMinimum, versionPriority, service, caBundle = '', insecureSkipTLSVerify = false } = apiService.spec;
  const errors = metadataErrors(apiService, false, nameCheck(apiService.spec));
  if (!group && version !== 'v1') errors.push(required(SPEC.child('group'), 'only v1 may have an empty group and it better be legacy kube'));
  if (group) errors.push(...isDns1123Subdomain(group).map((text) => invalid(SPEC.child('group'), group, text)));
  errors.push(...isDns1035Label(version).map((text) => invalid(SPEC.child('version'), version, text)));
  if (groupPriorityMinimum <= 0 || groupPriorityMinimum > MAX_GROUP_PRIORITY) {
    errors.push(invalid(SPEC.child('groupPriorityMinimum'), groupPriorityMinimum, `must be positive and less than ${MAX_GROUP_PRIORITY}`));
  }
  if (versionPriority <= 0 || versionPriority > MAX_VERSION_PRIORITY) errors.push(invalid(SPEC.child('versionPriority'), versionPriority, `must be positive and less than ${MAX_VERSION_PRIORITY}`));
  const skip = SPEC.child('insecureSkipTLSVerify');
  if (!service) {
    if (caBundle) errors.push(invalid(SPEC.child('caBundle'), `${Buffer.from(caBundle, 'base64').length} bytes`, 'local APIServices may not have a caBundle'));
    if (insecureSkipTLSVerify) errors.push(invalid(skip, true, 'local APIServices may not have insecureSkipTLSVerify'));
    return errors;
  }
  const at = SPEC.child('service');
  if (!service.namespace) errors.push(required(at.child('namespace')));
  if (!service.name) errors.push(required(at.child('name')));
  const portProblems = isPortNumber(service.port ?? 0);
  if (portProblems.length > 0) errors.push(invalid(at.child('port'), service.port ?? 0, `port is not valid: ${portProblems.join(', ')}`));
  if (insecureSkipTLSVerify && caBundle) errors.push(invalid(skip, true, 'may not be true if caBundle is present'));
  return errors;
}

function availableCell(conditions: readonly APIServiceCondition[]): string {
  const available = conditions.find(({ type }) => type === 'Available');
  if (!available) return 'Unknown';
  return available.status !== 'True' && available.reason ? `${available.status} (${available.reason})` : available.status;
}

const strategy: Strategy<APIService> = {
  generation: 'none',
  allowUnconditionalUpdate: false,
  metadata: 'own',
  defaults({ spec }) {
    if (spec.service) spec.service.port ??= 443;
  },
  prepareForCreate(apiService, { now }) {
    const local: APIServiceCondition = { type: 'Available', status: 'True', lastTransitionTime: now, reason: 'Local', message: 'Local APIServices are always available' };
    apiService.status = apiService.spec.service ? {} : { conditions: [local] };
  },
  validate: errorsOf,
  validateUpdate: errorsOf,
  resetFields: [['status']],
};

const statusRoute = statusStrategy(strategy, {
  prepareForUpdate(apiService, old) {
    apiService.spec = old.spec;
    keepMetadataFields(apiService, old);
  },
  validateUpdate: ({ status }) =>
    (status?.conditions ?? []).flatMap((condition, i) =>
      STATUSES.includes(condition.status) ? [] : [notSupported(Path.of('status', 'conditions').index(i).child('status'), condition.status, STATUSES)],
    ),
  resetFields: [['spec'], ['metadata']],
});

/** APIServices: which server serves a group and version (https://kubernetes.io/docs/concepts/extend-kubernetes/api-extension/apiserver-aggregation/). */
export const apiServiceKind = defineKind<APIService>(
  { group: 'apiregistration.k8s.io', version: 'v1', kind: 'APIService' },
  {
    strategy,
    subresources: { status: { type: 'object', strategy: statusRoute as Strategy } },
    cells: ({ metadata, spec, status }, nowMs) => [
      metadata.name,
      spec.service ? `${spec.service.namespace ?? ''}/${spec.service.name ?? ''}` : 'Local',
      availableCell(status?.conditions ?? []),
      age(metadata.creationTimestamp, nowMs),
    ],
  },
);
