import { forbidden, notFound } from '../../api/errors.js';
import type { Namespace } from '../../api/types/core-v1.js';
import { refuse } from '../refuse.js';
import type { AdmissionAttributes, AdmissionPlugin } from '../types.js';

const IMMORTAL = new Set(['default', 'kube-system', 'kube-public']);
const NAMESPACES = { group: '', resource: 'namespaces' };

/** Nothing is made in a namespace that is missing or going away, and three namespaces never go. */
export const namespaceLifecycle: AdmissionPlugin = { name: 'NamespaceLifecycle', mutate: check };

function check(attributes: AdmissionAttributes): void {
  const { operation, kind, namespace, name, reader, resource } = attributes;
  if (kind.group === '' && kind.kind === 'Namespace') {
    if (operation === 'DELETE' && IMMORTAL.has(name)) throw forbidden(NAMESPACES, name, 'this namespace may not be deleted');
    return;
  }
  if (namespace === '' || operation === 'DELETE' || operation === 'CONNECT') return;
  // To tell a stranger whether a namespace exists would be saying too much.
  if (resource.group === 'authorization.k8s.io' && resource.resource === 'localsubjectaccessreviews') return;
  const found = reader.get(`core/namespaces/${namespace}`)?.object as Namespace | undefined;
  if (!found) throw notFound(NAMESPACES, namespace);
  if (operation === 'CREATE' && found.status?.phase === 'Terminating') {
    throw refuse(attributes, `unable to create new content in namespace ${namespace} because it is being terminated`, [
      { reason: 'NamespaceTerminating', message: `namespace ${namespace} is being terminated`, field: 'metadata.namespace' },
    ]);
  }
}
