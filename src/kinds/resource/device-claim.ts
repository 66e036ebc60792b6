import { forbidden, invalid, notSupported, type Path, required, type FieldError } from '../../api/field.js';
import { isDns1123Label, isDns1123Subdomain, isLabelValue } from '../../api/names.js';
import type { KubeObject } from '../../api/object.js';
import type { DeviceClaim, DeviceConstraint, DeviceRequest, DeviceSubRequest, DeviceToleration, ExactDeviceRequest } from '../../api/types/resource-v1.js';
import type { Reader } from '../../watch/types.js';
import type { ExpressionCompiler } from '../common/expressions.js';
import { validateDnsLabel, validateQualifiedName } from '../shared/simple-checks.js';
import { fullyQualifiedAttributeErrors, listErrors, setErrors } from './collections.js';
import { configurationErrors, selectorErrors } from './configuration.js';

/** What a claim asks for. */

export const MAX_REQUESTS = 32;
const MAX_ALTERNATIVES = 8;
const ONE_REQUEST = 'exactly one of `exactly` or `firstAvailable` is required';
const NOT_A_REQUEST = "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'";
export const EFFECTS = ['NoExecute', 'NoSchedule', 'None'];
const ADMIN_LABEL = 'resource.kubernetes.io/admin-access';

type RequestContent = ExactDeviceRequest | DeviceSubRequest;

export function claimDefaults({ requests }: DeviceClaim): void {
  for (const { exactly, firstAvailable } of requests ?? []) {
    for (const request of [...(exactly ? [exactly] : []), ...(firstAvailable ?? [])]) {
      request.allocationMode ||= 'ExactCount';
      if (request.allocationMode === 'ExactCount') request.count ||= 1;
      for (const toleration of request.tolerations ?? []) toleration.operator ||= 'Equal';
    }
  }
}

function tolerationErrors({ key = '', operator = '', value = '', effect = '' }: DeviceToleration, path: Path): FieldError[] {
  const errors = key ? validateQualifiedName(key, path.child('key')) : [];
  if (operator === 'Exists') {
    if (value) errors.push(invalid(path.child('value'), value, 'must be empty for operator `Exists`'));
  } else if (operator === 'Equal') errors.push(...isLabelValue(value).map((text) => invalid(path.child('value'), value, text)));
  else errors.push(operator ? notSupported(path.child('operator'), operator, ['Equal', 'Exists']) : required(path.child('operator')));
  return effect && !EFFECTS.includes(effect) ? [...errors, notSupported(path.child('effect'), effect, EFFECTS)] : errors;
}

function countErrors({ allocationMode = '', count = 0 }: RequestContent, path: Path): FieldError[] {
  const at = path.child('count');
  if (allocationMode === 'All') return count === 0 ? [] : [invalid(at, count, "must not be specified when allocationMode is 'All'")];
  if (allocationMode === 'ExactCount') return count > 0 ? [] : [invalid(at, count, 'must be greater than zero')];
  return [notSupported(path.child('allocationMode'), allocationMode, ['All', 'ExactCount'])];
}

function contentErrors(request: RequestContent, compiler: ExpressionCompiler, path: Path): FieldError[] {
  const { deviceClassName: name, selectors, tolerations = [] } = request;
  const at = path.child('deviceClassName');
  return [
    ...(name ? isDns1123Subdomain(name).map((text) => invalid(at, name, text)) : [required(at)]),
    ...selectorErrors(selectors, compiler, path.child('selectors')),
    ...countErrors(request, path),
    ...tolerations.flatMap((toleration, i) => tolerationErrors(toleration, path.child('tolerations').index(i))),
  ];
}

function requestErrors({ name, exactly, firstAvailable = [] }: DeviceRequest, compiler: ExpressionCompiler, path: Path): FieldError[] {
  const errors = validateDnsLabel(name, path.child('name'));
  if (exactly && firstAvailable.length > 0) return [...errors, invalid(path, null, `${ONE_REQUEST}, but multiple fields are set`)];
  if (exactly) return [...errors, ...contentErrors(exactly, compiler, path.child('exactly'))];
  if (firstAvailable.length === 0) return [...errors, required(path, ONE_REQUEST)];
  const check = (sub: DeviceSubRequest, at: Path): FieldError[] => [...validateDnsLabel(sub.name, at.child('name')), ...contentErrors(sub, compiler, at)];
  return [...errors, ...setErrors(firstAvailable, MAX_ALTERNATIVES, check, (sub) => sub.name, path.child('firstAvailable'))];
}

/** The names that constraints and configurations may refer to: of requests, and of their alternatives behind a slash. */
export function requestNames({ requests }: DeviceClaim): ReadonlySet<string> {
  return new Set((requests ?? []).flatMap(({ name, firstAvailable }) => [name, ...(firstAvailable ?? []).map((sub) => `${name}/${sub.name}`)]));
}

export function requestReferenceErrors(name: string, names: ReadonlySet<string>, path: Path): FieldError[] {
  const segments = name.split('/');
  if (segments.length > 2) return [invalid(path, name, NOT_A_REQUEST)];
  const errors = segments.flatMap((segment) => isDns1123Label(segment).map((text) => invalid(path, segment, text)));
  return names.has(name) ? errors : [...errors, invalid(path, name, NOT_A_REQUEST)];
}

export function requestReferencesErrors(requests: readonly string[] | undefined, names: ReadonlySet<string>, path: Path): FieldError[] {
  return setErrors(requests, MAX_REQUESTS, (name, at) => requestReferenceErrors(name, names, at), String, path);
}

function constraintErrors({ requests, matchAttribute, distinctAttribute }: DeviceConstraint, names: ReadonlySet<string>, path: Path): FieldError[] {
  const errors = requestReferencesErrors(requests, names, path.child('requests'));
  if (matchAttribute !== undefined) return [...errors, ...fullyQualifiedAttributeErrors(matchAttribute, path.child('matchAttribute'))];
  if (distinctAttribute !== undefined) return [...errors, ...fullyQualifiedAttributeErrors(distinctAttribute, path.child('distinctAttribute'))];
  // The text of the real server, which says the opposite of what it means.
  return [...errors, required(path, 'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set')];
}

export function claimErrors(claim: DeviceClaim, compiler: ExpressionCompiler, path: Path): FieldError[] {
  const names = requestNames(claim);
  return [
    ...setErrors(claim.requests, MAX_REQUESTS, (request, at) => requestErrors(request, compiler, at), ({ name }) => name, path.child('requests')),
    ...listErrors(claim.constraints, 32, (constraint, at) => constraintErrors(constraint, names, at), path.child('constraints')),
    ...listErrors(claim.config, 32, (config, at) => [...requestReferencesErrors(config.requests, names, at.child('requests')), ...configurationErrors(config, at)], path.child('config')),
  ];
}

/** Devices that others use may only be seen from namespaces that are marked for it (KEP-5018). */
export function adminAccessErrors(admin: Path | undefined, namespace: string, reader: Reader): FieldError[] {
  if (!admin) return [];
  const found = reader.get(`core/namespaces/${namespace}`)?.object as KubeObject | undefined;
  if (found?.metadata.labels?.[ADMIN_LABEL] === 'true') return [];
  return [forbidden(admin, `admin access to devices requires the \`${ADMIN_LABEL}: true\` label on the containing namespace`)];
}

/** Where a claim first asks for admin access. */
export function adminAccessPath({ requests }: DeviceClaim, path: Path): Path | undefined {
  const i = (requests ?? []).findIndex(({ exactly }) => exactly?.adminAccess);
  return i < 0 ? undefined : path.child('requests').index(i).child('adminAccess');
}
