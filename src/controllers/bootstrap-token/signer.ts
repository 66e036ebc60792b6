import type { ConfigMap, Secret } from '../../api/types/core-v1.js';
import { deepEqual } from '../../base/freeze.js';
import type { Controller, ControllerContext } from '../../client/controller.js';
import { detachedSignature, isBootstrapToken, signingToken, TOKEN_NAMESPACE } from './token.js';

const SECRETS = { group: '', version: 'v1', resource: 'secrets' };
const CONFIG_MAPS = { group: '', version: 'v1', resource: 'configmaps' };
const NAMESPACE = 'kube-public';
const NAME = 'cluster-info';
const PREFIX = 'jws-kubeconfig-';

/** Data of `cluster-info` with a signature of its kubeconfig by each token, and none by others. Pure. */
export function signedData(data: Readonly<Record<string, string>>, tokens: ReadonlyArray<{ readonly id: string; readonly secret: string }>): Record<string, string> {
  const content = data['kubeconfig'];
  if (content === undefined) return { ...data };
  const unsigned = Object.entries(data).filter(([key]) => !key.startsWith(PREFIX));
  return Object.fromEntries([...unsigned, ...tokens.map((token) => [PREFIX + token.id, detachedSignature(content, token)] as const)]);
}

/** Signs the kubeconfig in kube-public/cluster-info with the bootstrap tokens that are for that (kubeadm). Off by default, as in kube-controller-manager. */
export function bootstrapSignerController(): Controller {
  let context: ControllerContext;
  return {
    name: 'bootstrap-signer-controller',
    offByDefault: true,
    workers: 1,
    setUp(given) {
      context = given;
      const wake = (): void => context.enqueue(`${NAMESPACE}/${NAME}`);
      const onSecret = (secret: Secret): void => (isBootstrapToken(secret) ? wake() : undefined);
      const onConfigMap = ({ metadata }: ConfigMap): void => (metadata.name === NAME && metadata.namespace === NAMESPACE ? wake() : undefined);
      context.informers.for<Secret>(SECRETS).addHandler({ onAdd: onSecret, onUpdate: onSecret, onDelete: onSecret });
      context.informers.for<ConfigMap>(CONFIG_MAPS).addHandler({ onAdd: onConfigMap, onUpdate: onConfigMap });
    },
    async reconcile() {
      const configMap = context.informers.for<ConfigMap>(CONFIG_MAPS).get(NAME, NAMESPACE);
      if (!configMap) return;
      const now = context.clock.now();
      const tokens = context.informers.for<Secret>(SECRETS).list(TOKEN_NAMESPACE).filter(isBootstrapToken).flatMap((secret) => signingToken(secret, now) ?? []);
      const data = signedData(configMap.data ?? {}, tokens);
      if (!deepEqual(data, configMap.data ?? {})) await context.client.resource<ConfigMap>(CONFIG_MAPS).update({ ...configMap, data });
    },
  };
}
