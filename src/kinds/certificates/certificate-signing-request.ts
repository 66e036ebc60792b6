import { duplicate, forbidden, invalid, notSupported, Path, quote, required, tooLong, type FieldError } from '../../api/field.js';
import { DNS_LABEL_MAX, DNS_SUBDOMAIN_MAX, isDns1123Label, isDns1123Subdomain } from '../../api/names.js';
import { humanDuration } from '../../api/time.js';
import type { CertificateSigningRequest, CertificateSigningRequestCondition } from '../../api/types/certificates-v1.js';
import type { Strategy } from '../../registry/kind.js';
import { age } from '../common/printing.js';
import { defineKind } from '../define-kind.js';
import { certificateProblem, signingRequestProblem } from './signing-request.js';

const SPEC = Path.of('spec');
const STATUS = Path.of('status');
const CONDITIONS = STATUS.child('conditions');
const CERTIFICATE = STATUS.child('certificate');
const LEGACY_SIGNER = 'kubernetes.io/legacy-unknown';
const MIN_EXPIRATION = 600;
const DECISIONS = ['Approved', 'Denied'];
const TRUE_ONLY = [...DECISIONS, 'Failed'];
const STATUSES = ['False', 'True', 'Unknown'];
const USAGES = [
  'any',
  'cert sign',
  'client auth',
  'code signing',
  'content commitment',
  'crl sign',
  'data encipherment',
  'decipher only',
  'digital signature',
  'email protection',
  'encipher only',
  'ipsec end system',
  'ipsec tunnel',
  'ipsec user',
  'key agreement',
  'key encipherment',
  'microsoft sgc',
  'netscape sgc',
  'ocsp signing',
  's/mime',
  'server auth',
  'signing',
  'timestamping',
];

type Request = CertificateSigningRequest;
type Condition = CertificateSigningRequestCondition;

const conditionsOf = ({ status }: Request): readonly Condition[] => status?.conditions ?? [];
const ofType = (request: Request, type: string): readonly Condition[] => conditionsOf(request).filter((condition) => condition.type === type);
const certificateOf = ({ status }: Request): string => status?.certificate ?? '';
const decoded = (base64: string): string => Buffer.from(base64, 'base64').toString('latin1');
const hasDuplicates = (values: readonly unknown[]): boolean => new Set(values).size < values.length;

function signerNameErrors(name: string, path: Path): FieldError[] {
  if (!name) return [required(path)];
  const [domain = '', end = '', ...more] = name.split('/');
  if (!name.includes('/') || more.length > 0) return [invalid(path, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'")];
  const errors: FieldError[] = [];
  if (domain.length > DNS_SUBDOMAIN_MAX) errors.push(tooLong(path, DNS_SUBDOMAIN_MAX));
  // Only the first label that is wrong is told of.
  const firstWrong = (part: string, check: (label: string) => string[]): FieldError[] => {
    const label = part.split('.').find((candidate) => check(candidate).length > 0);
    return label === undefined ? [] : check(label).map((text) => invalid(path, part, `validating label ${quote(label)}: ${text}`));
  };
  errors.push(...firstWrong(domain, isDns1123Label));
  if (!domain.includes('.')) errors.push(invalid(path, domain, 'should be a domain with at least two segments separated by dots'));
  errors.push(...firstWrong(end, isDns1123Subdomain));
  // Room for a label, a dot and a subdomain behind the slash.
  const longest = DNS_SUBDOMAIN_MAX + 1 + DNS_SUBDOMAIN_MAX + DNS_LABEL_MAX + 1;
  return name.length > longest ? [...errors, tooLong(path, longest)] : errors;
}

function conditionErrors(request: Request, old: Request | undefined): FieldError[] {
  const before = old ? conditionsOf(old) : [];
  const allowBoth = DECISIONS.every((type) => before.some((condition) => condition.type === type));
  const allowDuplicates = hasDuplicates(before.map(({ type }) => type));
  const allowEmpty = before.some(({ type }) => !type);
  const seen = new Set<string>();
  return conditionsOf(request).flatMap(({ type, status }, i) => {
    const at = CONDITIONS.index(i);
    const allowed = TRUE_ONLY.includes(type) ? ['True'] : STATUSES;
    const errors: FieldError[] = [];
    if (!type && !allowEmpty) errors.push(required(at.child('type')));
    if (!status) errors.push(required(at.child('status')));
    else if (!allowed.includes(status)) errors.push(notSupported(at.child('status'), status, allowed));
    const contradicts = DECISIONS.includes(type) && DECISIONS.some((other) => other !== type && seen.has(other));
    if (contradicts && !allowBoth) errors.push(invalid(CONDITIONS, type, 'Approved and Denied conditions are mutually exclusive'));
    if (seen.has(type) && !allowDuplicates) errors.push(duplicate(at.child('type'), type));
    seen.add(type);
    return errors;
  });
}

function errorsOf(request: Request, old?: Request): FieldError[] {
  const { usages = [], signerName, expirationSeconds } = request.spec;
  // Null where it was left out, as Go prints bytes that are not there.
  const pem = (request.spec.request as string | null) ?? '';
  const before = old?.spec.usages ?? [];
  const usagesPath = SPEC.child('usages');
  const errors: FieldError[] = [];
  const problem = signingRequestProblem(decoded(pem));
  if (problem !== undefined) errors.push(invalid(SPEC.child('request'), request.spec.request ?? null, problem));
  if (usages.length === 0) errors.push(required(usagesPath));
  if (before.every((usage) => USAGES.includes(usage))) errors.push(...usages.flatMap((usage, i) => (USAGES.includes(usage) ? [] : [notSupported(usagesPath.index(i), usage, USAGES)])));
  if (!hasDuplicates(before)) errors.push(...usages.flatMap((usage, i) => (usages.indexOf(usage) < i ? [duplicate(usagesPath.index(i), usage)] : [])));
  const signer = SPEC.child('signerName');
  if (signerName === LEGACY_SIGNER && old?.spec.signerName !== LEGACY_SIGNER) errors.push(invalid(signer, signerName, 'the legacy signerName is not allowed via this API version'));
  else errors.push(...signerNameErrors(signerName, signer));
  if (expirationSeconds !== undefined && expirationSeconds < MIN_EXPIRATION) {
    errors.push(invalid(SPEC.child('expirationSeconds'), expirationSeconds, 'may not specify a duration less than 600 seconds (10 minutes)'));
  }
  errors.push(...conditionErrors(request, old));
  const tolerated = old !== undefined && (certificateOf(old) === certificateOf(request) || certificateProblem(decoded(certificateOf(old))) !== undefined);
  const certificate = tolerated ? undefined : certificateProblem(decoded(certificateOf(request)));
  return certificate === undefined ? errors : [...errors, invalid(CERTIFICATE, '<certificate data>', certificate)];
}

/** Who may change what: approval decides, status issues. */
interface Rights {
  readonly decide?: boolean;
  readonly issue?: boolean;
}

function updateErrors(request: Request, old: Request, { decide = false, issue = false }: Rights): FieldError[] {
  const errors = errorsOf(request, old);
  const added = (type: string): number => ofType(request, type).length - ofType(old, type).length;
  for (const type of TRUE_ONLY) if (added(type) < 0) errors.push(forbidden(CONDITIONS, `updates may not remove a condition of type ${quote(type)}`));
  if (!decide) for (const type of DECISIONS) if (added(type) > 0) errors.push(forbidden(CONDITIONS, `updates may not add a condition of type ${quote(type)}`));
  const [certificate, before] = [certificateOf(request), certificateOf(old)];
  if (certificate !== before) {
    if (!issue) errors.push(forbidden(CERTIFICATE, 'updates may not set certificate content'));
    else if (before) errors.push(forbidden(CERTIFICATE, 'updates may not modify existing certificate content'));
  }
  return errors;
}

/** Conditions get the times that they lack; one that was there with the same status keeps its own. */
function stampConditions(request: Request, old: Request, now: string): void {
  for (const condition of request.status?.conditions ?? []) {
    condition.lastUpdateTime ??= now;
    condition.lastTransitionTime ??= conditionsOf(old).find(({ type, status, lastTransitionTime }) => type === condition.type && status === condition.status && lastTransitionTime)?.lastTransitionTime ?? now;
  }
}

/** Decisions stay as they are unless some are added or taken away, which is refused later. */
function keepDecisions(request: Request, old: Request): void {
  for (const type of DECISIONS) {
    const before = ofType(old, type);
    if (before.length !== ofType(request, type).length) continue;
    let next = 0;
    if (request.status?.conditions) request.status.conditions = request.status.conditions.map((condition) => (condition.type === type ? (before[next++] ?? condition) : condition));
  }
}

const strategy: Strategy<Request> = {
  generation: 'none',
  nameErrors: () => [],
  prepareForCreate(request, { user }) {
    const { username: _username, uid: _uid, groups: _groups, extra: _extra, ...asked } = request.spec;
    request.spec = {
      ...asked,
      username: user.name,
      ...(user.uid ? { uid: user.uid } : {}),
      ...(user.groups.length > 0 ? { groups: [...user.groups] } : {}),
      ...(user.extra && Object.keys(user.extra).length > 0 ? { extra: Object.fromEntries(Object.entries(user.extra).map(([key, values]) => [key, [...values]])) } : {}),
    };
    request.status = {};
  },
  prepareForUpdate(request, old) {
    request.spec = old.spec;
  },
  validate: (request) => errorsOf(request),
  validateUpdate: (request, old) => updateErrors(request, old, {}),
  resetFields: [['spec'], ['status']],
};

const statusRoute: Strategy<Request> = {
  generation: 'none',
  keepsStatus: false,
  prepareForUpdate(request, old, { now }) {
    request.spec = old.spec;
    keepDecisions(request, old);
    stampConditions(request, old, now);
  },
  validateUpdate: (request, old) => updateErrors(request, old, { issue: true }),
  resetFields: [['spec'], ['status', 'conditions']],
};

const approvalRoute: Strategy<Request> = {
  generation: 'none',
  keepsStatus: false,
  prepareForUpdate(request, old, { now }) {
    stampConditions(request, old, now);
    const conditions = request.status?.conditions ?? [];
    request.spec = old.spec;
    const { conditions: _conditions, ...status } = old.status ?? {};
    request.status = { ...status, ...(conditions.length > 0 ? { conditions } : {}) };
  },
  validateUpdate: (request, old) => updateErrors(request, old, { decide: true }),
  resetFields: [['spec'], ['status', 'certificate']],
};

function stateCell(request: Request): string {
  const has = (type: string): boolean => ofType(request, type).length > 0;
  const state = has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending';
  return `${state}${has('Failed') ? ',Failed' : ''}${certificateOf(request) ? ',Issued' : ''}`;
}

/** CertificateSigningRequests: https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/ */
export const certificateSigningRequestKind = defineKind<Request>(
  { group: 'certificates.k8s.io', version: 'v1', kind: 'CertificateSigningRequest' },
  {
    strategy,
    subresources: { status: { type: 'object', strategy: statusRoute as Strategy }, approval: { type: 'object', strategy: approvalRoute as Strategy } },
    selectableFields: { 'metadata.namespace': undefined, 'spec.signerName': ({ spec }) => spec.signerName },
    cells: (request, nowMs) => [
      request.metadata.name,
      age(request.metadata.creationTimestamp, nowMs),
      request.spec.signerName || '<none>',
      request.spec.username ?? '',
      request.spec.expirationSeconds === undefined ? '<none>' : humanDuration(request.spec.expirationSeconds * 1000),
      stateCell(request),
    ],
  },
);
