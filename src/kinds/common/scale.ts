import { invalid as invalidObject } from '../../api/errors.js';
import { Path } from '../../api/field.js';
import { nameIsDnsSubdomain } from '../../api/names.js';
import type { KubeObject } from '../../api/object.js';
import type { Scale } from '../../api/types/autoscaling-v1.js';
import type { Column, Printer, Strategy } from '../../registry/kind.js';
import { finalizerNameErrors, metadataErrors } from '../../registry/metadata.js';
import type { ObjectSubresource, Projection } from '../../registry/subresource.js';
import { age } from './printing.js';
import { validateNonNegative } from '../shared/simple-checks.js';

/** How a kind's objects scale. */
export interface ScaleAccess<T> {
  replicas(object: T): number | undefined;
  setReplicas(object: T, replicas: number): void;
  /** How many there are, by status. */
  current(object: T): number | undefined;
  /** The text of the selector of its pods. */
  selector(object: T): string;
}

const column = (name: string, type: string, description: string): Column => ({ name, type, format: '', description, priority: 0 });

const SCALE_PRINTER: Printer<Scale> = {
  columns: [
    column('Name', 'string', ''),
    column('Desired', 'integer', 'replicas is the desired number of instances for the scaled object.'),
    column('Available', 'integer', 'replicas is the actual number of observed instances of the scaled object.'),
    column('Age', 'string', ''),
  ],
  cells: ({ metadata, spec, status }, nowMs) => [metadata.name, spec?.replicas ?? 0, status?.replicas ?? 0, age(metadata.creationTimestamp, nowMs)],
};

interface Replicas extends KubeObject {
  readonly spec: { replicas?: number | undefined };
  readonly status?: { readonly replicas?: number | undefined } | undefined;
}

/** The `scale` subresource of a kind with `spec.replicas` and `status.replicas`. `selector`: the text of the selector of its pods. */
export function replicasScale<T extends Replicas>(strategy: Strategy<T>, selector: (object: T) => string): ObjectSubresource {
  return scaleSubresource(strategy, {
    replicas: ({ spec }) => spec.replicas,
    setReplicas: ({ spec }, replicas) => {
      spec.replicas = replicas;
    },
    current: ({ status }) => status?.replicas,
    selector,
  });
}

/** The `scale` subresource: the object seen as autoscaling/v1 Scale. Writes go by the rules of the object itself. */
export function scaleSubresource<T extends KubeObject>(strategy: Strategy<T>, access: ScaleAccess<T>): ObjectSubresource {
  const projection: Projection<T, Scale> = {
    gvk: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
    read(object) {
      const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
      const replicas = access.replicas(object) ?? 0;
      const selector = access.selector(object);
      return {
        kind: 'Scale',
        apiVersion: 'autoscaling/v1',
        metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
        spec: replicas === 0 ? {} : { replicas },
        status: { replicas: access.current(object) ?? 0, ...(selector ? { selector } : {}) },
      };
    },
    write(object, view) {
      access.setReplicas(object, view.spec?.replicas ?? 0);
      if (view.metadata.resourceVersion) object.metadata.resourceVersion = view.metadata.resourceVersion;
    },
    printer: SCALE_PRINTER,
    validate(view) {
      const errors = [...metadataErrors(view, true, nameIsDnsSubdomain), ...finalizerNameErrors(view.metadata), ...validateNonNegative(view.spec?.replicas, Path.of('spec', 'replicas'))];
      if (errors.length > 0) throw invalidObject({ group: 'autoscaling', kind: 'Scale' }, view.metadata.name, errors);
    },
  };
  return { type: 'object', strategy: strategy as Strategy, projection: projection as Projection };
}
