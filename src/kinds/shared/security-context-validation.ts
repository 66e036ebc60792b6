import { invalid, notSupported, required, tooLong, type FieldError, type Path } from '../../api/field.js';
import { isDns1123Subdomain, isUserId } from '../../api/names.js';
import type { AppArmorProfile, PodSpec, SeccompProfile, SecurityContext, WindowsSecurityContextOptions } from '../../api/types/core-v1.js';
import { goValue } from './go-value.js';
import { validateLocalPath, validateOneOf } from './simple-checks.js';
import { validateSysctls } from './sysctls.js';
import type { PodValidationOptions } from './validation-options.js';

/** Security contexts of pods and containers (pkg/apis/core/validation). */

const ids = (id: number | undefined, path: Path): FieldError[] => (id === undefined ? [] : isUserId(id).map((text) => invalid(path, id, text)));

/** `hostUsers`: the pod shares the host's user namespace. */
export function validateSecurityContext(context: SecurityContext | undefined, path: Path, hostUsers: boolean): FieldError[] {
  if (!context) return [];
  const { procMount } = context;
  const errors = [...ids(context.runAsUser, path.child('runAsUser')), ...ids(context.runAsGroup, path.child('runAsGroup'))];
  if (procMount !== undefined) {
    if (procMount !== 'Default' && procMount !== 'Unmasked') errors.push(notSupported(path.child('procMount'), procMount, ['Default', 'Unmasked']));
    if (hostUsers && procMount === 'Unmasked') errors.push(invalid(path.child('procMount'), procMount, '`hostUsers` must be false to use `Unmasked`'));
  }
  errors.push(...validateSeccompProfile(context.seccompProfile, path.child('seccompProfile')));
  if (context.allowPrivilegeEscalation === false) {
    const shown = goValue('SecurityContext', context);
    if (context.privileged) errors.push(invalid(path, shown, 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true'));
    for (const capability of context.capabilities?.add ?? []) {
      if (capability === 'CAP_SYS_ADMIN') errors.push(invalid(path, shown, 'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN'));
    }
  }
  errors.push(...validateWindowsOptions(context.windowsOptions, path.child('windowsOptions')));
  errors.push(...validateAppArmorProfile(context.appArmorProfile, path.child('appArmorProfile')));
  return errors;
}

export function validatePodSecurityContext(spec: PodSpec, path: Path, options: PodValidationOptions): FieldError[] {
  const context = spec.securityContext;
  const errors: FieldError[] = [];
  errors.push(...ids(context?.fsGroup, path.child('fsGroup')), ...ids(context?.runAsUser, path.child('runAsUser')), ...ids(context?.runAsGroup, path.child('runAsGroup')));
  (context?.supplementalGroups ?? []).forEach((group, i) => errors.push(...ids(group, path.child('supplementalGroups').index(i))));
  if (spec.shareProcessNamespace && spec.hostPID) errors.push(invalid(path.child('shareProcessNamespace'), true, 'ShareProcessNamespace and HostPID cannot both be enabled'));
  if (!context) return errors;
  errors.push(...validateSysctls(spec, path.child('sysctls'), options.allowHostSysctls));
  if (context.fsGroupChangePolicy !== undefined) errors.push(...validateOneOf(context.fsGroupChangePolicy, ['Always', 'OnRootMismatch'], path.child('fsGroupChangePolicy')));
  errors.push(...validateSeccompProfile(context.seccompProfile, path.child('seccompProfile')));
  errors.push(...validateWindowsOptions(context.windowsOptions, path.child('windowsOptions')));
  errors.push(...validateAppArmorProfile(context.appArmorProfile, path.child('appArmorProfile')));
  if (context.supplementalGroupsPolicy !== undefined) errors.push(...validateOneOf(context.supplementalGroupsPolicy, ['Merge', 'Strict'], path.child('supplementalGroupsPolicy')));
  if (context.seLinuxChangePolicy !== undefined) {
    const supported = options.allowAnySeLinuxChangePolicy ? ['MountOption', 'Recursive'] : ['Recursive'];
    errors.push(...validateOneOf(context.seLinuxChangePolicy, supported, path.child('seLinuxChangePolicy')));
  }
  return errors;
}

const PROFILE_TYPES = ['Localhost', 'RuntimeDefault', 'Unconfined'];

function validateSeccompProfile(profile: SeccompProfile | undefined, path: Path): FieldError[] {
  if (!profile) return [];
  const { type, localhostProfile } = profile;
  const errors: FieldError[] = [];
  if (!type) errors.push(required(path.child('type'), 'type is required when seccompProfile is set'));
  else if (!PROFILE_TYPES.includes(type)) errors.push(notSupported(path.child('type'), type, PROFILE_TYPES));
  if (type === 'Localhost') {
    if (localhostProfile === undefined) errors.push(required(path.child('localhostProfile'), 'must be set when seccomp type is Localhost'));
    else errors.push(...validateLocalPath(localhostProfile, path.child('localhostProfile')));
  } else if (localhostProfile !== undefined) {
    errors.push(invalid(path.child('localhostProfile'), goValue('SeccompProfile', profile), 'can only be set when seccomp type is Localhost'));
  }
  return errors;
}

/** PATH_MAX - 1 */
const APPARMOR_PROFILE_MAX = 4095;

export function validateAppArmorProfile(profile: AppArmorProfile | undefined, path: Path): FieldError[] {
  if (!profile) return [];
  const { type, localhostProfile } = profile;
  const at = path.child('localhostProfile');
  switch (type) {
    case 'Localhost': {
      const needed = 'must be set when AppArmor type is Localhost';
      if (localhostProfile === undefined) return [required(at, needed)];
      const errors: FieldError[] = [];
      if (localhostProfile.trim() !== localhostProfile) errors.push(invalid(at, localhostProfile, 'must not be padded with whitespace'));
      else if (localhostProfile === '') errors.push(required(at, needed));
      if (Buffer.byteLength(localhostProfile) > APPARMOR_PROFILE_MAX) errors.push(tooLong(at, APPARMOR_PROFILE_MAX));
      return errors;
    }
    case 'RuntimeDefault':
    case 'Unconfined':
      return localhostProfile === undefined ? [] : [invalid(at, localhostProfile, 'can only be set when AppArmor type is Localhost')];
    case '':
    case undefined:
      return [required(path.child('type'), 'type is required when appArmorProfile is set')];
    default:
      return [notSupported(path.child('type'), type, PROFILE_TYPES)];
  }
}

const CREDENTIAL_SPEC_MAX_KIB = 64;
const DOMAIN_MAX = 256;
const USER_MAX = 104;
const DNS_LABEL = '[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?';
const DNS_DOMAIN_RE = new RegExp(`^${DNS_LABEL}(?:\\.${DNS_LABEL})*$`);
const NETBIOS_RE = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/;

function validateWindowsOptions(options: WindowsSecurityContextOptions | undefined, path: Path): FieldError[] {
  if (!options) return [];
  const { gmsaCredentialSpecName, gmsaCredentialSpec, runAsUserName } = options;
  const errors: FieldError[] = [];
  if (gmsaCredentialSpecName !== undefined) {
    errors.push(...isDns1123Subdomain(gmsaCredentialSpecName).map((text) => invalid(path.child('gmsaCredentialSpecName'), gmsaCredentialSpecName, text)));
  }
  if (gmsaCredentialSpec !== undefined) {
    const at = path.child('gmsaCredentialSpec');
    if (gmsaCredentialSpec === '') errors.push(invalid(at, '', 'gmsaCredentialSpec cannot be an empty string'));
    else if (Buffer.byteLength(gmsaCredentialSpec) > CREDENTIAL_SPEC_MAX_KIB * 1024) {
      errors.push(invalid(at, gmsaCredentialSpec, `gmsaCredentialSpec size must be under ${CREDENTIAL_SPEC_MAX_KIB} KiB`));
    }
  }
  if (runAsUserName !== undefined) errors.push(...userNameProblems(runAsUserName).map((text) => invalid(path.child('runAsUserName'), runAsUserName, text)));
  return errors;
}

/** `DOMAIN\USER` or `USER`. */
function userNameProblems(name: string): string[] {
  if (name === '') return ['runAsUserName cannot be an empty string'];
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\x00-\x1f\x7f]/.test(name)) return ['runAsUserName cannot contain control characters'];
  const parts = name.split('\\');
  if (parts.length > 2) return ['runAsUserName cannot contain more than one backslash'];
  const user = parts.at(-1) as string;
  const domain = parts.length === 2 ? (parts[0] as string) : undefined;
  const problems: string[] = [];
  if (domain !== undefined && Buffer.byteLength(domain) >= DOMAIN_MAX) problems.push(`runAsUserName's Domain length must be under ${DOMAIN_MAX} characters`);
  if (domain !== undefined && !NETBIOS_RE.test(domain) && !DNS_DOMAIN_RE.test(domain)) problems.push("runAsUserName's Domain doesn't match the NetBios nor the DNS format");
  if (user === '') problems.push("runAsUserName's User cannot be empty");
  else if (Buffer.byteLength(user) > USER_MAX) problems.push(`runAsUserName's User length must not be longer than ${USER_MAX} characters`);
  if (/^[. ]+$/.test(user)) problems.push("runAsUserName's User cannot contain only periods or spaces");
  if (/["/\\:;|=,+*?<>@[\]]/.test(user)) problems.push(`runAsUserName's User cannot contain the following characters: "/\\:;|=,+*?<>@[]`);
  return problems;
}
