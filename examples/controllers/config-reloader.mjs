// Restarts a Deployment when a ConfigMap that it depends on changes:
//
//   kubette serve --controllers='*,examples/controllers/config-reloader.mjs'
//   kubectl annotate deployment web reload.example.com/configmap=web-config
//
// It does what `kubectl rollout restart` does: it changes an annotation of the pod template, here to a checksum of the
// ConfigMap's data. docs/controllers.md explains it piece by piece.
import { createHash } from 'node:crypto';

const DEPLOYMENTS = { group: 'apps', version: 'v1', resource: 'deployments' };
const CONFIG_MAPS = { group: '', version: 'v1', resource: 'configmaps' };
const WATCHED = 'reload.example.com/configmap';
const CHECKSUM = 'reload.example.com/checksum';

const keyOf = ({ metadata }) => `${metadata.namespace}/${metadata.name}`;

/** What to do about a Deployment and its ConfigMap. Pure: the same objects give the same answer. */
export function plan(deployment, configMap) {
  if (!deployment || deployment.metadata.deletionTimestamp || !configMap) return undefined;
  const checksum = createHash('sha256').update(JSON.stringify([configMap.data, configMap.binaryData])).digest('hex').slice(0, 16);
  const present = deployment.spec.template.metadata?.annotations?.[CHECKSUM];
  return present === checksum ? undefined : { checksum, isFirst: present === undefined };
}

export default function configReloader() {
  let deployments;
  let configMaps;
  let context;
  return {
    name: 'config-reloader',

    setUp(given) {
      context = given;
      deployments = context.informers.for(DEPLOYMENTS);
      configMaps = context.informers.for(CONFIG_MAPS);
      // Deployments are found by the ConfigMap that they name.
      deployments.addIndex('configMap', ({ metadata }) => (metadata.annotations?.[WATCHED] ? [`${metadata.namespace}/${metadata.annotations[WATCHED]}`] : []));
      const wake = (deployment) => context.enqueue(keyOf(deployment));
      const wakeUsers = (configMap) => deployments.byIndex('configMap', keyOf(configMap)).forEach(wake);
      deployments.addHandler({ onAdd: wake, onUpdate: wake });
      configMaps.addHandler({ onAdd: wakeUsers, onUpdate: wakeUsers });
    },

    async reconcile(key) {
      const [namespace, name] = key.split('/');
      const deployment = deployments.get(name, namespace);
      const watched = deployment?.metadata.annotations?.[WATCHED];
      const todo = watched && plan(deployment, configMaps.get(watched, namespace));
      if (!todo) return;
      const body = { spec: { template: { metadata: { annotations: { [CHECKSUM]: todo.checksum } } } } };
      await context.client.resource(DEPLOYMENTS).patch({ name, namespace }, { type: 'merge', body });
      if (!todo.isFirst) context.events.record(deployment, 'Normal', 'Reloaded', `ConfigMap ${watched} has changed`);
    },
  };
}
