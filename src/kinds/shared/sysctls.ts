import { duplicate, invalid, required, type FieldError, type Path } from '../../api/field.js';
import type { PodSpec } from '../../api/types/core-v1.js';

const SEGMENT = '[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const NAME = `^(${SEGMENT}[\\./])*${SEGMENT}$`;
const NAME_RE = new RegExp(NAME);
const NAME_MAX = 253;
const IPC_SYSCTLS = new Set(['kernel.sem', 'kernel.shmall', 'kernel.shmmax', 'kernel.shmmni', 'kernel.shm_rmid_forced', 'kernel.shm', 'kernel.msgmax', 'kernel.msgmnb', 'kernel.msgmni', 'kernel.msg']);

/** Kernel settings of a pod (pkg/apis/core/validation validateSysctls). */
export function validateSysctls(spec: PodSpec, path: Path, allowHostSysctls: boolean): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  (spec.securityContext?.sysctls ?? []).forEach(({ name }, i) => {
    const at = path.index(i).child('name');
    if (!name) errors.push(required(at));
    else if (name.length > NAME_MAX || !NAME_RE.test(name)) errors.push(invalid(at, name, `must have at most ${NAME_MAX} characters and match regex ${NAME}`));
    else if (seen.has(name)) errors.push(duplicate(at, name));
    if (!allowHostSysctls) errors.push(...validateHostSysctl(name ?? '', spec, at));
    seen.add(name);
  });
  return errors;
}

/** A setting of a kernel namespace that the pod shares with the host may not be set. */
export function validateHostSysctl(name: string, spec: PodSpec, path: Path): FieldError[] {
  const namespace = namespaceOf(name);
  if (spec.hostNetwork && namespace === 'net') return [invalid(path, name, "may not be specified when 'hostNetwork' is true")];
  if (spec.hostIPC && namespace === 'ipc') return [invalid(path, name, "may not be specified when 'hostIPC' is true")];
  return [];
}

function namespaceOf(sysctl: string): 'net' | 'ipc' | undefined {
  // `net/ipv4.conf` is written with slashes as separators: dots and slashes change places then.
  const separator = /[./]/.exec(sysctl)?.[0];
  const name = (separator === '/' ? sysctl.replace(/[./]/g, (char) => (char === '/' ? '.' : '/')) : sysctl).split('*')[0] as string;
  if (IPC_SYSCTLS.has(name) || name.startsWith('fs.mqueue.')) return 'ipc';
  return name.startsWith('net.') ? 'net' : undefined;
}
