import { forbidden, invalid, notSupported, Path, required, tooLong, tooMany, type FieldError } from '../../api/field.js';
import { validateInterfaceAddress } from '../../api/ip.js';
import type { AllocatedDeviceStatus, AllocationResult, DeviceAllocationConfiguration, DeviceRequestAllocationResult, NetworkDeviceData, ResourceClaim } from '../../api/types/resource-v1.js';
import { conditionsErrors } from '../common/conditions.js';
import { IMMUTABLE_TEXT, semanticEqual } from '../common/equality.js';
import { validateNodeSelector } from '../shared/affinity-validation.js';
import { validateDnsLabel } from '../shared/simple-checks.js';
import { validateCsiDriverName } from '../shared/volume-source-validation.js';
import { bindingErrors } from './binding-conditions.js';
import { listErrors, poolNameErrors, setErrors } from './collections.js';
import { configurationErrors, rawErrors } from './configuration.js';
import { requestNames, requestReferenceErrors, requestReferencesErrors } from './device-claim.js';
import { goAllocation } from './go-structs.js';

const STATUS = Path.of('status');
const MAX_RESERVED = 256;
const MAX_RESULTS = 32;
const MAX_CONFIGS = 64;
const MAX_CONDITIONS = 8;
const MAX_DATA = 10 * 1024;
const MAX_ADDRESSES = 16;
const MAX_INTERFACE_NAME = 256;
const MAX_HARDWARE_ADDRESS = 128;
const SOURCES = ['FromClaim', 'FromClass'];

interface DeviceRef {
  readonly driver: string;
  readonly pool: string;
  readonly device: string;
  readonly shareID?: string | undefined;
}

/** Which device, or which share of it. */
const goDevice = ({ driver, pool, device, shareID = '' }: DeviceRef): object => ({ Driver: driver, Pool: pool, Device: device, ShareID: shareID });
export const deviceKey = (device: DeviceRef): string => JSON.stringify(goDevice(device));

export const allocatedDevices = ({ status }: ResourceClaim): readonly DeviceRequestAllocationResult[] => status?.allocation?.devices?.results ?? [];

function uuidErrors(uid: string, path: Path): FieldError[] {
  const lengthFits = [32, 36, 38, 45].includes(uid.length);
  if (!lengthFits) return [invalid(path, uid, `error validating uid: invalid UUID length: ${Buffer.byteLength(uid)}`)];
  if (!/^(urn:uuid:|\{)?[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}\}?$/i.test(uid)) return [invalid(path, uid, 'error validating uid: invalid UUID format')];
  if (uid.length === 36 && uid === uid.toLowerCase()) return [];
  return [invalid(path, uid, 'uid must be in RFC 4122 normalized form, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` with lowercase hexadecimal characters')];
}

function resultErrors(result: DeviceRequestAllocationResult, names: ReadonlySet<string>, path: Path): FieldError[] {
  return [
    ...requestReferenceErrors(result.request, names, path.child('request')),
    ...validateCsiDriverName(result.driver, path.child('driver')),
    ...poolNameErrors(result.pool, path.child('pool')),
    ...validateDnsLabel(result.device, path.child('device')),
    ...bindingErrors(result, path),
    ...(result.shareID === undefined ? [] : uuidErrors(result.shareID, path.child('shareID'))),
  ];
}

function allocatedConfigErrors(config: DeviceAllocationConfiguration, names: ReadonlySet<string>, path: Path): FieldError[] {
  const at = path.child('source');
  const { source } = config;
  return [
    ...(!source ? [required(at)] : SOURCES.includes(source) ? [] : [notSupported(at, source, SOURCES)]),
    ...requestReferencesErrors(config.requests, names, path.child('requests')),
    ...configurationErrors(config, path),
  ];
}

function allocationErrors({ devices, nodeSelector }: AllocationResult, names: ReadonlySet<string>, path: Path): FieldError[] {
  const at = path.child('devices');
  return [
    ...listErrors(devices?.results, MAX_RESULTS, (result, itemPath) => resultErrors(result, names, itemPath), at.child('results')),
    ...listErrors(devices?.config, MAX_CONFIGS, (config, itemPath) => allocatedConfigErrors(config, names, itemPath), at.child('config')),
    ...(nodeSelector ? validateNodeSelector(nodeSelector, path.child('nodeSelector'), false) : []),
  ];
}

function networkErrors(network: NetworkDeviceData | undefined, path: Path): FieldError[] {
  if (!network) return [];
  const limit = (name: 'interfaceName' | 'hardwareAddress', longest: number): FieldError[] => (Buffer.byteLength(network[name] ?? '') > longest ? [tooLong(path.child(name), longest)] : []);
  return [
    ...limit('interfaceName', MAX_INTERFACE_NAME),
    ...limit('hardwareAddress', MAX_HARDWARE_ADDRESS),
    ...setErrors(network.ips, MAX_ADDRESSES, (address, at) => validateInterfaceAddress(at, address), String, path.child('ips')),
  ];
}

function deviceErrors(device: AllocatedDeviceStatus, allocated: ReadonlySet<string>, path: Path): FieldError[] {
  const conditions = device.conditions ?? [];
  const at = path.child('conditions');
  return [
    ...validateCsiDriverName(device.driver, path.child('driver')),
    ...poolNameErrors(device.pool, path.child('pool')),
    ...validateDnsLabel(device.device, path.child('device')),
    ...(device.shareID === undefined ? [] : uuidErrors(device.shareID, path.child('shareID'))),
    ...(allocated.has(deviceKey(device)) ? [] : [invalid(path, goDevice(device), 'must be an allocated device in the claim')]),
    ...(conditions.length > MAX_CONDITIONS ? [tooMany(at, conditions.length, MAX_CONDITIONS)] : []),
    ...conditionsErrors(conditions, at),
    ...(device.data === undefined ? [] : rawErrors(device.data, MAX_DATA, path.child('data'))),
    ...networkErrors(device.networkData, path.child('networkData')),
  ];
}

function reservedErrors({ metadata, status }: ResourceClaim, old: ResourceClaim, path: Path): FieldError[] {
  const reserved = status?.reservedFor ?? [];
  if (reserved.length === 0) return [];
  if (!status?.allocation) return [forbidden(path, 'may not be specified when `allocated` is not set')];
  const added = reserved.some((consumer) => !(old.status?.reservedFor ?? []).some((before) => semanticEqual(before, consumer)));
  return metadata.deletionTimestamp && added ? [forbidden(path, 'new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set')] : [];
}

/** Errors of a claim's status, which is written when devices are allocated for it and when pods begin or cease to use them. */
export function statusErrors(claim: ResourceClaim, old: ResourceClaim): FieldError[] {
  const { allocation, reservedFor, devices } = claim.status ?? {};
  const [reservedPath, allocationPath] = [STATUS.child('reservedFor'), STATUS.child('allocation')];
  const allocated = new Set(allocatedDevices(claim).map(deviceKey));
  const before = old.status?.allocation;
  const fixed = allocation && before && !semanticEqual(allocation, before) ? [invalid(allocationPath, goAllocation(allocation), IMMUTABLE_TEXT)] : [];
  return [
    ...setErrors(
      reservedFor,
      MAX_RESERVED,
      ({ resource, name, uid }, at) => [...(resource ? [] : [required(at.child('resource'))]), ...(name ? [] : [required(at.child('name'))]), ...(uid ? [] : [required(at.child('uid'))])],
      ({ uid }) => uid,
      reservedPath,
    ),
    ...setErrors(devices, undefined, (device, at) => deviceErrors(device, allocated, at), deviceKey, STATUS.child('devices'), goDevice),
    ...reservedErrors(claim, old, reservedPath),
    ...fixed,
    ...(allocation && !before ? allocationErrors(allocation, requestNames(claim.spec.devices ?? {}), allocationPath) : []),
  ];
}
