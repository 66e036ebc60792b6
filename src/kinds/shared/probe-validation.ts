import { forbidden, invalid, required, type FieldError, type Path } from '../../api/field.js';
import { isHttpHeaderName } from '../../api/names.js';
import type { HTTPGetAction, Lifecycle, LifecycleHandler, Probe } from '../../api/types/core-v1.js';
import { validateNonNegative, validateOneOf, validatePort, validateRequired } from './simple-checks.js';

export type ProbeRole = 'liveness' | 'readiness' | 'startup';

/** Errors of a probe; none where it is absent (validateLivenessProbe and its siblings). */
export function validateProbe(probe: Probe | undefined, role: ProbeRole, path: Path): FieldError[] {
  if (!probe) return [];
  const errors = validateHandler(probe, undefined, path);
  for (const field of ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold'] as const) {
    errors.push(...validateNonNegative(probe[field], path.child(field)));
  }
  const grace = probe.terminationGracePeriodSeconds;
  if (grace !== undefined && grace <= 0) errors.push(invalid(path.child('terminationGracePeriodSeconds'), grace, 'must be greater than 0'));
  if (role === 'readiness') {
    if (grace !== undefined) errors.push(invalid(path.child('terminationGracePeriodSeconds'), grace, 'must not be set for readinessProbes'));
  } else if (probe.successThreshold !== 1) {
    errors.push(invalid(path.child('successThreshold'), probe.successThreshold ?? 0, 'must be 1'));
  }
  return errors;
}

/** Errors of the hooks of a container. (stopSignal is behind a gate that is off in v1.36 and is dropped before.) */
export function validateLifecycle(lifecycle: Lifecycle | undefined, gracePeriod: number | undefined, path: Path): FieldError[] {
  if (!lifecycle) return [];
  const { postStart, preStop } = lifecycle;
  return [
    ...(postStart ? validateHandler(postStart, gracePeriod, path.child('postStart')) : []),
    ...(preStop ? validateHandler(preStop, gracePeriod, path.child('preStop')) : []),
  ];
}

function validateHandler(handler: Pick<Probe, 'grpc'> & LifecycleHandler, gracePeriod: number | undefined, path: Path): FieldError[] {
  const { exec, httpGet, tcpSocket, grpc, sleep } = handler;
  const checks: ReadonlyArray<readonly [string, unknown, (at: Path) => FieldError[]]> = [
    ['exec', exec, (at) => ((exec?.command ?? []).length === 0 ? [required(at.child('command'))] : [])],
    ['httpGet', httpGet, (at) => validateHttpGet(httpGet as HTTPGetAction, at)],
    ['tcpSocket', tcpSocket, (at) => validatePort(tcpSocket?.port, at.child('port'))],
    ['grpc', grpc, (at) => validatePort(grpc?.port ?? 0, at.child('port'))],
    ['sleep', sleep, (at) => validateSleep(sleep?.seconds ?? 0, gracePeriod, at)],
  ];
  const given = checks.filter(([, value]) => value !== undefined && value !== null);
  if (given.length === 0) return [required(path, 'must specify a handler type')];
  return given.flatMap(([name, , check], i) => (i === 0 ? check(path.child(name)) : [forbidden(path.child(name), 'may not specify more than 1 handler type')]));
}

function validateHttpGet(action: HTTPGetAction, path: Path): FieldError[] {
  return [
    ...validateRequired(action.path, path.child('path')),
    ...validatePort(action.port, path.child('port')),
    ...validateOneOf(action.scheme, ['HTTP', 'HTTPS'], path.child('scheme')),
    ...(action.httpHeaders ?? []).flatMap((header) => isHttpHeaderName(header.name).map((text) => invalid(path.child('httpHeaders'), header.name, text))),
  ];
}

function validateSleep(seconds: number, gracePeriod: number | undefined, path: Path): FieldError[] {
  if (gracePeriod === undefined || (seconds >= 0 && seconds <= gracePeriod)) return [];
  return [invalid(path, seconds, `must be non-negative and less than terminationGracePeriodSeconds (${gracePeriod})`)];
}
