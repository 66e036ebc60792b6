import type { Ingress } from '../../api/types/networking-v1.js';
import { defaultClass } from '../default-class.js';
import { isResource } from '../refuse.js';
import type { AdmissionPlugin } from '../types.js';

/** A new Ingress that names no class gets the default one. */
export const defaultIngressClass: AdmissionPlugin = {
  name: 'DefaultIngressClass',
  mutate(attributes) {
    if (!isResource(attributes, 'networking.k8s.io', 'ingresses') || attributes.operation !== 'CREATE') return;
    const ingress = attributes.object as Ingress;
    if (ingress.spec?.ingressClassName !== undefined || ingress.metadata.annotations?.['kubernetes.io/ingress.class'] !== undefined) return;
    const name = defaultClass(attributes.reader, 'networking.k8s.io/ingressclasses/', ['ingressclass.kubernetes.io/is-default-class']);
    if (name !== undefined) ingress.spec = { ...ingress.spec, ingressClassName: name };
  },
};
