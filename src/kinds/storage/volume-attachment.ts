import { forbidden, invalid, Path, required, tooLong, type FieldError } from '../../api/field.js';
import { nameIsDnsSubdomain, rangeText } from '../../api/names.js';
import type { VolumeAttachment, VolumeAttachmentSource, VolumeAttachmentSpec, VolumeError } from '../../api/types/storage-v1.js';
import type { Strategy } from '../../registry/kind.js';
import { IMMUTABLE_TEXT, semanticEqual } from '../common/equality.js';
import { keepMetadata } from '../common/keep-metadata.js';
import { age } from '../common/printing.js';
import { goVolumeSpec } from '../core/persistent-volume-source.js';
import { validateInlineVolumeSpec } from '../core/persistent-volume-validation.js';
import { defineKind, statusStrategy } from '../define-kind.js';
import { validateCsiDriverName } from '../shared/volume-source-validation.js';

const SPEC = Path.of('spec');
const MAX_METADATA = 256 * 1024;
const MAX_MESSAGE = 1024;
const MAX_INT32 = 0x7fffffff;
const ONE_SOURCE = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName';

function sourceErrors({ inlineVolumeSpec, persistentVolumeName }: VolumeAttachmentSource, path: Path): FieldError[] {
  if (!inlineVolumeSpec && persistentVolumeName === undefined) return [required(path, ONE_SOURCE)];
  if (inlineVolumeSpec && persistentVolumeName !== undefined) return [forbidden(path, ONE_SOURCE)];
  if (inlineVolumeSpec) return validateInlineVolumeSpec(inlineVolumeSpec, path.child('inlineVolumeSpec'));
  return persistentVolumeName === '' ? [required(path.child('persistentVolumeName'), 'must specify non empty persistentVolumeName')] : [];
}

function volumeErrorErrors(error: VolumeError | undefined, path: Path): FieldError[] {
  if (!error) return [];
  const { message = '', errorCode } = error;
  return [
    // The text names another limit than the one that counts.
    ...(Buffer.byteLength(message) > MAX_MESSAGE ? [tooLong(path.child('message'), MAX_METADATA)] : []),
    ...(errorCode !== undefined && errorCode < 0 ? [invalid(path.child('errorCode'), errorCode, rangeText(0, MAX_INT32))] : []),
  ];
}

function statusErrors({ status }: VolumeAttachment): FieldError[] {
  const path = Path.of('status');
  const size = Object.entries(status?.attachmentMetadata ?? {}).reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);
  return [
    ...(size > MAX_METADATA ? [tooLong(path.child('attachmentMetadata'), MAX_METADATA)] : []),
    ...volumeErrorErrors(status?.attachError, path.child('attachError')),
    ...volumeErrorErrors(status?.detachError, path.child('detachError')),
  ];
}

function errorsOf(attachment: VolumeAttachment): FieldError[] {
  const { attacher, source, nodeName } = attachment.spec;
  const { persistentVolumeName: name } = source;
  return [
    ...validateCsiDriverName(attacher, SPEC.child('attacher')),
    ...sourceErrors(source, SPEC.child('source')),
    ...nameIsDnsSubdomain(nodeName, false).map((text) => invalid(SPEC.child('nodeName'), nodeName, text)),
    ...statusErrors(attachment),
    ...(name === undefined ? [] : nameIsDnsSubdomain(name, false).map((text) => invalid(SPEC.child('source', 'persistentVolumeName'), name, text))),
  ];
}

/** The internal struct, as Go shows it. */
const goSpec = ({ attacher, source, nodeName }: VolumeAttachmentSpec): object => ({
  Attacher: attacher,
  Source: { PersistentVolumeName: source.persistentVolumeName ?? null, InlineVolumeSpec: source.inlineVolumeSpec ? goVolumeSpec(source.inlineVolumeSpec) : null },
  NodeName: nodeName,
});

const updateErrors = (attachment: VolumeAttachment, old: VolumeAttachment): FieldError[] => [
  ...errorsOf(attachment),
  ...(semanticEqual(attachment.spec, old.spec) ? [] : [invalid(SPEC, goSpec(attachment.spec), IMMUTABLE_TEXT)]),
];

const strategy: Strategy<VolumeAttachment> = {
  generation: 'none',
  allowUnconditionalUpdate: false,
  returnsDeleted: true,
  prepareForCreate(attachment) {
    attachment.status = { attached: false };
  },
  validate: errorsOf,
  validateUpdate: updateErrors,
  resetFields: [['status']],
};

const statusRoute = statusStrategy(strategy, {
  prepareForUpdate(attachment, old) {
    attachment.spec = old.spec;
    keepMetadata(attachment, old);
  },
  validateUpdate: updateErrors,
  resetFields: [['metadata'], ['spec']],
});

/** VolumeAttachments: which volume is attached to which node (KEP-178, CSI). */
export const volumeAttachmentKind = defineKind<VolumeAttachment>(
  { group: 'storage.k8s.io', version: 'v1', kind: 'VolumeAttachment' },
  {
    strategy,
    subresources: { status: { type: 'object', strategy: statusRoute as Strategy } },
    cells: ({ metadata, spec, status }, nowMs) => [metadata.name, spec.attacher, spec.source.persistentVolumeName ?? '', spec.nodeName, status?.attached ?? false, age(metadata.creationTimestamp, nowMs)],
  },
);
