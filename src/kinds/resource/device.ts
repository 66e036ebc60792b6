import { invalid, notSupported, type Path, required, tooLong, type FieldError } from '../../api/field.js';
import { DNS_LABEL_MAX, isLabelValue, nameIsDnsSubdomain } from '../../api/names.js';
import type { Counter, Device, DeviceAttribute, DeviceTaint } from '../../api/types/resource-v1.js';
import { semanticEqual } from '../common/equality.js';
import { validateNodeSelector } from '../shared/affinity-validation.js';
import { validateDnsLabel, validateQualifiedName } from '../shared/simple-checks.js';
import { bindingErrors } from './binding-conditions.js';
import { listErrors, mapErrors, QUALIFIED_NAME_MAX, qualifiedNameErrors, setErrors } from './collections.js';
import { EFFECTS } from './device-claim.js';
import { capacityErrors } from './request-policy.js';

const MAX_PROPERTIES = 32;
const MAX_VALUES = 48;
const MAX_TEXT = 64;
const MAX_TAINTS = 16;
const MAX_CONSUMPTIONS = 2;
const MAX_COUNTERS = 32;
const SEMVER = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?$/;
const ONE_PLACE = 'exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the ResourceSlice spec';

/** The internal struct, as Go shows it. */
const goAttribute = ({ int, bool, string, version }: DeviceAttribute): object => ({
  IntValue: int ?? null,
  BoolValue: bool ?? null,
  StringValue: string ?? null,
  VersionValue: version ?? null,
  IntValues: null,
  BoolValues: null,
  StringValues: null,
  VersionValues: null,
});

function attributeErrors(attribute: DeviceAttribute, path: Path): FieldError[] {
  const { bool, int, string, version } = attribute;
  const set = [bool, int, string, version].filter((value) => value !== undefined).length;
  const limit = (text: string | undefined, at: Path): FieldError[] => (Buffer.byteLength(text ?? '') > MAX_TEXT ? [tooLong(at, MAX_TEXT)] : []);
  const versionPath = path.child('version');
  return [
    ...limit(string, path.child('string')),
    ...(version !== undefined && !SEMVER.test(version) ? [invalid(versionPath, version, 'must be a string compatible with semver.org spec 2.0.0')] : []),
    ...limit(version, versionPath),
    ...(set === 1 ? [] : [invalid(path, set === 0 ? '' : goAttribute(attribute), 'exactly one value must be specified')]),
  ];
}

function taintErrors({ key, value = '', effect }: DeviceTaint, path: Path): FieldError[] {
  const at = path.child('effect');
  return [
    ...validateQualifiedName(key, path.child('key')),
    ...(value ? isLabelValue(value).map((text) => invalid(path.child('value'), value, text)) : []),
    ...(!effect ? [required(at)] : EFFECTS.includes(effect) ? [] : [notSupported(at, effect, EFFECTS)]),
  ];
}

/** Errors of a set of counters by name, in a slice or in what a device takes of it. */
export function countersErrors(name: string, nameField: string, counters: Readonly<Record<string, Counter>> | undefined, path: Path): FieldError[] {
  const [namePath, countersPath] = [path.child(nameField), path.child('counters')];
  return [
    ...(name ? validateDnsLabel(name, namePath) : [required(namePath)]),
    ...(Object.keys(counters ?? {}).length === 0 ? [required(countersPath)] : mapErrors(counters, MAX_COUNTERS, DNS_LABEL_MAX, validateDnsLabel, () => [], countersPath)),
  ];
}

function placeErrors(device: Device, perDevice: boolean, path: Path): FieldError[] {
  const { nodeName, nodeSelector, allNodes } = device;
  if (!perDevice) {
    const any = nodeName !== undefined || nodeSelector !== undefined || allNodes !== undefined;
    return any ? [invalid(path, null, '`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec')] : [];
  }
  const errors: FieldError[] = [];
  if (nodeName) errors.push(...nameIsDnsSubdomain(nodeName, false).map((text) => invalid(path.child('nodeName'), nodeName, text)));
  if (nodeName === '') errors.push(invalid(path.child('nodeName'), nodeName, 'must not be empty'));
  if (nodeSelector) errors.push(...validateNodeSelector(nodeSelector, path.child('nodeSelector'), false));
  if (allNodes === false) errors.push(invalid(path.child('allNodes'), allNodes, 'must be either unset or set to true'));
  const set = Object.entries({ nodeName, nodeSelector, allNodes })
    .filter(([, value]) => value)
    .map(([name]) => `\`${name}\``);
  if (set.length === 0) errors.push(required(path, ONE_PLACE));
  if (set.length > 1) errors.push(invalid(path, `{${set.join(', ')}}`, ONE_PLACE));
  return errors;
}

export function deviceErrors(device: Device, old: Device | undefined, perDevice: boolean, path: Path): FieldError[] {
  const { attributes = {}, capacity = {} } = device;
  const values = Object.keys(attributes).length;
  const properties = values + Object.keys(capacity).length;
  const shared = device.allowMultipleAllocations === true;
  return [
    ...validateDnsLabel(device.name, path.child('name')),
    ...(properties > MAX_PROPERTIES ? [invalid(path, properties, `the total number of attributes and capacities must not exceed ${MAX_PROPERTIES}`)] : []),
    ...(values > MAX_VALUES ? [invalid(path, values, `the total number of attribute values must not exceed ${MAX_VALUES}`)] : []),
    ...mapErrors(attributes, undefined, QUALIFIED_NAME_MAX, qualifiedNameErrors, attributeErrors, path.child('attributes')),
    ...mapErrors(capacity, undefined, QUALIFIED_NAME_MAX, qualifiedNameErrors, (item, at) => capacityErrors(item, shared, at), path.child('capacity')),
    ...(old && semanticEqual(old.taints, device.taints) ? [] : listErrors(device.taints, MAX_TAINTS, taintErrors, path.child('taints'))),
    ...setErrors(
      device.consumesCounters,
      MAX_CONSUMPTIONS,
      ({ counterSet, counters }, at) => countersErrors(counterSet, 'counterSet', counters, at),
      ({ counterSet }) => counterSet,
      path.child('consumesCounters'),
    ),
    ...placeErrors(device, perDevice, path),
    ...bindingErrors(device, path),
  ];
}
