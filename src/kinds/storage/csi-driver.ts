import { duplicate, invalid, notSupported, Path, type FieldError } from '../../api/field.js';
import type { CSIDriver, CSIDriverSpec, TokenRequest } from '../../api/types/storage-v1.js';
import { immutableField, semanticEqual } from '../common/equality.js';
import { age } from '../common/printing.js';
import { defineKind } from '../define-kind.js';

const SPEC = Path.of('spec');
const GROUP_POLICIES = ['File', 'None', 'ReadWriteOnceWithFSType'];
const MODES = ['Persistent', 'Ephemeral'];
const TOKEN_WARNING = 'spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent possible logging of tokens in volume attributes';

function defaults({ spec }: CSIDriver): void {
  spec.attachRequired ??= true;
  spec.podInfoOnMount ??= false;
  spec.storageCapacity ??= false;
  spec.fsGroupPolicy ??= 'ReadWriteOnceWithFSType';
  if ((spec.volumeLifecycleModes ?? []).length === 0) spec.volumeLifecycleModes = ['Persistent'];
  spec.requiresRepublish ??= false;
  spec.seLinuxMount ??= false;
}

function tokenErrors(requests: readonly TokenRequest[], path: Path): FieldError[] {
  const audiences = new Set<string>();
  return requests.flatMap(({ audience, expirationSeconds = 600 }, i) => {
    const at = path.index(i);
    if (audiences.has(audience)) return [duplicate(at.child('audience'), audience)];
    audiences.add(audience);
    const expiration = at.child('expirationSeconds');
    if (expirationSeconds < 600) return [invalid(expiration, expirationSeconds, 'may not specify a duration less than 10 minutes')];
    return expirationSeconds > 2 ** 32 ? [invalid(expiration, expirationSeconds, 'may not specify a duration larger than 2^32 seconds')] : [];
  });
}

function errorsOf({ spec }: CSIDriver): FieldError[] {
  const { fsGroupPolicy, tokenRequests = [], volumeLifecycleModes = [], nodeAllocatableUpdatePeriodSeconds: period, serviceAccountTokenInSecrets: inSecrets } = spec;
  const modes = SPEC.child('volumeLifecycleModes');
  return [
    ...(fsGroupPolicy === undefined || GROUP_POLICIES.includes(fsGroupPolicy) ? [] : [notSupported(SPEC.child('fsGroupPolicy'), fsGroupPolicy, GROUP_POLICIES)]),
    ...tokenErrors(tokenRequests, SPEC.child('tokenRequests')),
    ...volumeLifecycleModes.flatMap((mode) => (MODES.includes(mode) ? [] : [notSupported(modes, mode, MODES)])),
    ...(period !== undefined && period < 10 ? [invalid(SPEC.child('nodeAllocatableUpdatePeriodSeconds'), period, 'must be greater than or equal to 10 seconds')] : []),
    ...(inSecrets !== undefined && tokenRequests.length === 0
      ? [invalid(SPEC.child('serviceAccountTokenInSecrets'), inSecrets, 'serviceAccountTokenInSecrets is set but no tokenRequests are specified')]
      : []),
  ];
}

/** Drops the field of a feature that is off in v1.36 (VolumeLimitScaling), unless it was there before. */
function dropDisabled(spec: CSIDriverSpec, old?: CSIDriverSpec): void {
  if (old?.preventPodSchedulingIfMissing === undefined) delete spec.preventPodSchedulingIfMissing;
}

/** CSIDrivers: https://kubernetes-csi.github.io/docs/csi-driver-object.html */
export const csiDriverKind = defineKind<CSIDriver>(
  { group: 'storage.k8s.io', version: 'v1', kind: 'CSIDriver' },
  {
    strategy: {
      // Counted from the first change on: new objects have none.
      generation: 'none',
      allowUnconditionalUpdate: false,
      returnsDeleted: true,
      defaults,
      prepareForCreate: ({ spec }) => dropDisabled(spec),
      prepareForUpdate(driver, old) {
        dropDisabled(driver.spec, old.spec);
        if (!semanticEqual(driver.spec, old.spec)) driver.metadata.generation = (old.metadata.generation ?? 0) + 1;
      },
      validate: errorsOf,
      validateUpdate: (driver, old) => [
        ...errorsOf(driver),
        ...immutableField(driver.spec.attachRequired, old.spec.attachRequired, SPEC.child('attachedRequired')),
        ...immutableField(driver.spec.volumeLifecycleModes, old.spec.volumeLifecycleModes, SPEC.child('volumeLifecycleModes')),
      ],
      warnings({ spec }, old) {
        const requests = spec.tokenRequests ?? [];
        const changed = !old || !semanticEqual(requests, old.spec.tokenRequests);
        return changed && requests.length > 0 && spec.serviceAccountTokenInSecrets === undefined ? [TOKEN_WARNING] : [];
      },
    },
    cells: ({ metadata, spec }, nowMs) => [
      metadata.name,
      spec.attachRequired ?? true,
      spec.podInfoOnMount ?? false,
      spec.storageCapacity ?? false,
      spec.tokenRequests ? spec.tokenRequests.map(({ audience }) => audience).join(',') : '<unset>',
      spec.requiresRepublish ?? false,
      (spec.volumeLifecycleModes ?? []).join(',') || '<none>',
      age(metadata.creationTimestamp, nowMs),
    ],
  },
);
