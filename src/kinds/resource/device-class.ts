import { invalid, Path, type FieldError } from '../../api/field.js';
import { isLongName } from '../../api/names.js';
import type { DeviceClass } from '../../api/types/resource-v1.js';
import type { Kind } from '../../registry/kind.js';
import { acceptExpressions, type ExpressionCompiler } from '../common/expressions.js';
import { age } from '../common/printing.js';
import { defineKind } from '../define-kind.js';
import type { KindEnvironment } from '../environment.js';
import { isExtendedResource } from '../../api/resource-names.js';
import { listErrors } from './collections.js';
import { configurationErrors, selectorErrors } from './configuration.js';

const SPEC = Path.of('spec');
const MAX_CONFIGS = 32;

function errorsOf({ spec }: DeviceClass, compiler: ExpressionCompiler): FieldError[] {
  const { selectors, config, extendedResourceName: resource } = spec;
  return [
    ...selectorErrors(selectors, compiler, SPEC.child('selectors')),
    ...listErrors(config, MAX_CONFIGS, configurationErrors, SPEC.child('config')),
    ...(resource === undefined || isExtendedResource(resource) ? [] : [invalid(SPEC.child('extendedResourceName'), resource, 'must be a valid extended resource name')]),
  ];
}

/** DeviceClasses: kinds of devices that claims ask for. */
export function deviceClassKind({ expressions = acceptExpressions }: KindEnvironment): Kind<DeviceClass> {
  return defineKind<DeviceClass>(
    { group: 'resource.k8s.io', version: 'v1', kind: 'DeviceClass' },
    {
      strategy: {
        // Prefixes of generated names are not looked at.
        nameErrors: (name, prefix) => (prefix ? [] : isLongName(name)),
        generation: 'spec',
        returnsDeleted: true,
        validate: (deviceClass) => errorsOf(deviceClass, expressions),
        validateUpdate: (deviceClass) => errorsOf(deviceClass, expressions),
      },
      cells: ({ metadata }, nowMs) => [metadata.name, age(metadata.creationTimestamp, nowMs)],
    },
  );
}
