import type { PersistentVolume, PersistentVolumeClaim } from '../../api/types/core-v1.js';
import type { VolumeAttributesClass } from '../../api/types/storage-v1.js';
import type { Controller, ControllerContext } from '../../client/controller.js';
import { splitKey } from '../../client/informer.js';
import { planFinalizer } from '../shared/finalizers.js';

const FINALIZER = 'kubernetes.io/vac-protection';
const CLASSES = { group: 'storage.k8s.io', version: 'v1', resource: 'volumeattributesclasses' };
const CLAIMS = { group: '', version: 'v1', resource: 'persistentvolumeclaims' };
const VOLUMES = { group: '', version: 'v1', resource: 'persistentvolumes' };
const INDEX = 'volume-attributes-class';

/** Keeps VolumeAttributesClasses that claims or volumes name (KEP-3751). */
export function vacProtection(): Controller {
  let context: ControllerContext;
  const claims = () => context.informers.for<PersistentVolumeClaim>(CLAIMS);
  const volumes = () => context.informers.for<PersistentVolume>(VOLUMES);
  const inUse = (name: string): boolean => claims().byIndex(INDEX, name).length > 0 || volumes().byIndex(INDEX, name).length > 0;
  return {
    name: 'volumeattributesclass-protection-controller',
    setUp(given) {
      context = given;
      const enqueue = (names: readonly string[]): void => names.forEach((name) => context.enqueue(`/${name}`));
      const onClass = (subject: VolumeAttributesClass): void => {
        if (planFinalizer(subject, FINALIZER, false)) enqueue([subject.metadata.name ?? '']);
      };
      context.informers.for<VolumeAttributesClass>(CLASSES).addHandler({ onAdd: onClass, onUpdate: onClass });
      claims().addIndex(INDEX, classesOfClaim);
      volumes().addIndex(INDEX, classesOfVolume);
      // A class is released when somebody names another one, or goes.
      claims().addHandler({ onUpdate: (_, old) => enqueue(classesOfClaim(old)), onDelete: (claim) => enqueue(classesOfClaim(claim)) });
      volumes().addHandler({ onUpdate: (_, old) => enqueue(classesOfVolume(old)), onDelete: (volume) => enqueue(classesOfVolume(volume)) });
    },
    async reconcile(key) {
      const { name } = splitKey(key);
      const subject = context.informers.for<VolumeAttributesClass>(CLASSES).get(name);
      const finalizers = subject && planFinalizer(subject, FINALIZER, inUse(name));
      if (finalizers) await context.client.resource<VolumeAttributesClass>(CLASSES).update({ ...subject, metadata: { ...subject.metadata, finalizers } });
    },
  };
}

/** The class that a claim asks for, the one it has, and the one it is being moved to. */
export function classesOfClaim({ spec, status }: PersistentVolumeClaim): string[] {
  return named([spec?.volumeAttributesClassName, status?.currentVolumeAttributesClassName, status?.modifyVolumeStatus?.targetVolumeAttributesClassName]);
}

export function classesOfVolume({ spec }: PersistentVolume): string[] {
  return named([spec?.volumeAttributesClassName]);
}

function named(names: ReadonlyArray<string | undefined>): string[] {
  return [...new Set(names.filter((name): name is string => Boolean(name)))];
}
