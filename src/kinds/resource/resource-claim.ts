import { invalid, Path, type FieldError } from '../../api/field.js';
import { nameIsDnsSubdomain } from '../../api/names.js';
import type { ResourceClaim } from '../../api/types/resource-v1.js';
import type { Kind, Strategy } from '../../registry/kind.js';
import { finalizerNameErrors, metadataErrors } from '../../registry/metadata.js';
import { IMMUTABLE_TEXT, semanticEqual } from '../common/equality.js';
import { acceptExpressions } from '../common/expressions.js';
import { keepMetadata } from '../common/keep-metadata.js';
import { age } from '../common/printing.js';
import { defineKind, statusStrategy } from '../define-kind.js';
import type { KindEnvironment } from '../environment.js';
import { allocatedDevices, deviceKey, statusErrors } from './claim-status.js';
import { adminAccessErrors, adminAccessPath, claimDefaults, claimErrors } from './device-claim.js';
import { goClaim } from './go-structs.js';

const SPEC = Path.of('spec');
const DEVICES = SPEC.child('devices');
const RESULTS = Path.of('status', 'allocation', 'devices', 'results');

/** Where an allocation first grants admin access. */
function grantedPath(claim: ResourceClaim): Path | undefined {
  const i = allocatedDevices(claim).findIndex(({ adminAccess }) => adminAccess);
  return i < 0 ? undefined : RESULTS.index(i).child('adminAccess');
}

/** What was said of devices that the claim does not have any more goes with them. */
function dropDeallocated(claim: ResourceClaim, old: ResourceClaim): void {
  if (!claim.status?.devices) return;
  const kept = new Set(allocatedDevices(claim).map(deviceKey));
  const gone = new Set(
    allocatedDevices(old)
      .map(deviceKey)
      .filter((key) => !kept.has(key)),
  );
  const devices = claim.status.devices.filter((device) => !gone.has(deviceKey(device)));
  if (devices.length > 0) claim.status.devices = devices;
  else delete claim.status.devices;
}

function stateCell({ metadata, status }: ResourceClaim): string {
  const deleted = Boolean(metadata.deletionTimestamp);
  const states = deleted ? ['deleted'] : [];
  if (status?.allocation) states.push('allocated', ...((status.reservedFor ?? []).length > 0 ? ['reserved'] : []));
  else if (!deleted) states.push('pending');
  return states.join(',');
}

/** ResourceClaims: https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/ */
export function resourceClaimKind({ expressions = acceptExpressions }: KindEnvironment): Kind<ResourceClaim> {
  const strategy: Strategy<ResourceClaim> = {
    generation: 'none',
    returnsDeleted: true,
    defaults({ spec }) {
      claimDefaults((spec.devices ??= {}));
    },
    prepareForCreate(claim) {
      claim.status = {};
    },
    metadata: 'own',
    validate: (claim, { namespace, reader }) => {
      const { devices = {} } = claim.spec;
      return [...adminAccessErrors(adminAccessPath(devices, DEVICES), namespace, reader), ...metadataErrors(claim, true, nameIsDnsSubdomain), ...finalizerNameErrors(claim.metadata), ...claimErrors(devices, expressions, DEVICES)];
    },
validateUpdate: ({ spec }, old): FieldError[] => (semanticEqual(spec, old.spec) ? [] : [invalid(SPEC, goClaim(spec.devices ?? {}), IMMUTABLE_TEXT)]),
    resetFields: [['status']],
  };
  const statusRoute = statusStrategy(strategy, {
    prepareForUpdate(claim, old) {
      claim.spec = old.spec;
      keepMetadata(claim, old);
      dropDeallocated(claim, old);
    },
    validateUpdate: (claim, old, { namespace, reader }) => [...(grantedPath(old) ? [] : adminAccessErrors(grantedPath(claim), namespace, reader)), ...statusErrors(claim, old)],
    resetFields: [['metadata'], ['spec']],
  });
  return defineKind<ResourceClaim>(
    { group: 'resource.k8s.io', version: 'v1', kind: 'ResourceClaim' },
    {
      strategy,
      subresources: { status: { type: 'object', strategy: statusRoute as Strategy } },
      cells: (claim, nowMs) => [claim.metadata.name, stateCell(claim), age(claim.metadata.creationTimestamp, nowMs)],
    },
  );
}
