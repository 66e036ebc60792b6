import type { ConfigMap, Namespace } from '../../api/types/core-v1.js';
import { ApiError } from '../../api/errors.js';
import type { Controller, ControllerContext } from '../../client/controller.js';
import { splitKey } from '../../client/informer.js';

const NAME = 'kube-root-ca.crt';
const DESCRIPTION =
  "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.";

/** Keeps the ConfigMap kube-root-ca.crt, which pods' projected volumes read, in every namespace. */
export function rootCaPublisher(caCertificate: string): Controller {
  let context: ControllerContext;
  const namespaces = { group: '', version: 'v1', resource: 'namespaces' };
  const configMaps = { group: '', version: 'v1', resource: 'configmaps' };
  const wanted = (namespace: string): ConfigMap => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: NAME, namespace, annotations: { 'kubernetes.io/description': DESCRIPTION } },
    data: { 'ca.crt': caCertificate },
  });
  return {
    name: 'root-ca-certificate-publisher-controller',
    setUp(given) {
      context = given;
      context.informers.for<Namespace>(namespaces).addHandler({
        onAdd: ({ metadata }) => context.enqueue(`/${metadata.name}`),
        onUpdate: ({ metadata }) => context.enqueue(`/${metadata.name}`),
      });
      const onChange = ({ metadata }: ConfigMap): void => {
        if (metadata.name === NAME) context.enqueue(`/${metadata.namespace}`);
      };
      context.informers.for<ConfigMap>(configMaps).addHandler({ onUpdate: onChange, onDelete: onChange });
    },
    async reconcile(key) {
      const { name: namespace } = splitKey(key);
      const found = context.informers.for<Namespace>(namespaces).get(namespace);
      if (!found || found.metadata.deletionTimestamp || found.status?.phase === 'Terminating') return;
      const present = context.informers.for<ConfigMap>(configMaps).get(NAME, namespace);
      const resource = context.client.resource<ConfigMap>(configMaps);
      if (present?.data?.['ca.crt'] === caCertificate && present.metadata.annotations?.['kubernetes.io/description'] === DESCRIPTION) return;
      try {
        if (!present) await resource.create(wanted(namespace));
        else await resource.update({ ...wanted(namespace), metadata: { ...present.metadata, annotations: { ...present.metadata.annotations, 'kubernetes.io/description': DESCRIPTION } } });
      } catch (error) {
        if (!(error instanceof ApiError) || (error.reason !== 'AlreadyExists' && error.code !== 403 && error.code !== 404)) throw error;
      }
    },
  };
}
