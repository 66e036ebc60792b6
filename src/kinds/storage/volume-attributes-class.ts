import { forbidden, Path, type FieldError } from '../../api/field.js';
import type { VolumeAttributesClass } from '../../api/types/storage-v1.js';
import { semanticEqual } from '../common/equality.js';
import { age } from '../common/printing.js';
import { defineKind } from '../define-kind.js';
import { parametersErrors, provisionerErrors } from './parameters.js';

const DRIVER = Path.of('driverName');
const PARAMETERS = Path.of('parameters');

const errorsOf = ({ driverName, parameters }: VolumeAttributesClass): FieldError[] => [...provisionerErrors(driverName, DRIVER), ...parametersErrors(parameters, false, PARAMETERS)];

/** VolumeAttributesClasses: https://kubernetes.io/docs/concepts/storage/volume-attributes-classes/ */
export const volumeAttributesClassKind = defineKind<VolumeAttributesClass>(
  { group: 'storage.k8s.io', version: 'v1', kind: 'VolumeAttributesClass' },
  {
    strategy: {
      generation: 'none',
      returnsDeleted: true,
      validate: errorsOf,
      validateUpdate: (attributes, old) => [
        ...(attributes.driverName === old.driverName ? [] : [forbidden(DRIVER, 'updates to driverName are forbidden.')]),
        ...(semanticEqual(attributes.parameters, old.parameters) ? [] : [forbidden(PARAMETERS, 'updates to parameters are forbidden.')]),
        ...errorsOf(attributes),
      ],
    },
    cells: ({ metadata, driverName }, nowMs) => [metadata.name, driverName, age(metadata.creationTimestamp, nowMs)],
  },
);
