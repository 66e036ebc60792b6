import { invalid, Path, required, type FieldError } from '../../api/field.js';
import { validateIp } from '../../api/ip.js';
import { isDns1123Subdomain, isPathSegmentName } from '../../api/names.js';
import type { IPAddress, ParentReference } from '../../api/types/networking-v1.js';
import { IMMUTABLE_TEXT, semanticEqual } from '../common/equality.js';
import { age } from '../common/printing.js';
import { segmentErrors } from '../common/references.js';
import { defineKind } from '../define-kind.js';

const PARENT = Path.of('spec', 'parentRef');

/** The internal struct, as Go shows it. */
const goReference = (reference: ParentReference | undefined): object | null =>
  reference ? { Group: reference.group ?? '', Resource: reference.resource, Namespace: reference.namespace ?? '', Name: reference.name } : null;

function errorsOf({ spec }: IPAddress): FieldError[] {
  if (!spec?.parentRef) return [required(PARENT)];
  const { group = '', resource, namespace = '', name } = spec.parentRef;
  return [
    ...(group ? isDns1123Subdomain(group).map((text) => invalid(PARENT.child('group'), group, text)) : []),
    ...segmentErrors(resource, PARENT.child('resource')),
    ...segmentErrors(name, PARENT.child('name')),
    ...(namespace ? isPathSegmentName(namespace).map((text) => invalid(PARENT.child('namespace'), namespace, text)) : []),
  ];
}

function parentCell(parent: ParentReference | undefined): string {
  if (!parent) return '<none>';
  const { group, resource, namespace, name } = parent;
  return [(group ? `${resource}.${group}` : resource).toLowerCase(), ...(namespace ? [namespace] : []), name].join('/');
}

/** IPAddresses: which object holds an address of Services (KEP-1880). */
export const ipAddressKind = defineKind<IPAddress>(
  { group: 'networking.k8s.io', version: 'v1', kind: 'IPAddress' },
  {
    strategy: {
      generation: 'none',
      nameErrors: (name) => validateIp(Path.of('metadata', 'name'), name).map(({ detail }) => detail),
      validate: errorsOf,
      validateUpdate: (address, old) => [
        ...errorsOf(address),
        ...(semanticEqual(address.spec?.parentRef, old.spec?.parentRef) ? [] : [invalid(PARENT, goReference(address.spec?.parentRef), IMMUTABLE_TEXT)]),
      ],
    },
    cells: ({ metadata, spec }, nowMs) => [metadata.name, parentCell(spec?.parentRef), age(metadata.creationTimestamp, nowMs)],
  },
);
