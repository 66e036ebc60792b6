import type { Ingress, IngressClass } from '../../api/types/networking-v1.js';

/** Classes of this controller carry its name. */
export const CONTROLLER = 'kubette.dev/ingress';
const LEGACY_ANNOTATION = 'kubernetes.io/ingress.class';

function ingressClass(name: string, isDefault: boolean): IngressClass {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IngressClass',
    metadata: { name, ...(isDefault ? { annotations: { 'ingressclass.kubernetes.io/is-default-class': 'true' } } : {}) },
    spec: { controller: CONTROLLER },
  };
}

/** The default class, and the one that most manifests name. */
export const CLASSES: readonly IngressClass[] = [ingressClass('kubette', true), ingressClass('nginx', false)];

/** Whether an Ingress is for this controller: by its class, or by the annotation that came before classes. Pure. */
export function isServed({ metadata, spec }: Ingress, classOf: (name: string) => IngressClass | undefined): boolean {
  if (metadata.deletionTimestamp) return false;
  const name = metadata.annotations?.[LEGACY_ANNOTATION] ?? spec?.ingressClassName;
  return name !== undefined && classOf(name)?.spec?.controller === CONTROLLER;
}
