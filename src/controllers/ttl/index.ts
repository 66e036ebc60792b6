import type { Node } from '../../api/types/core-v1.js';
import type { Controller, ControllerContext } from '../../client/controller.js';
import { splitKey } from '../../client/informer.js';

const NODES = { group: '', version: 'v1', resource: 'nodes' };
const ANNOTATION = 'node.alpha.kubernetes.io/ttl';
/** In larger clusters kubelets may use what they have read of Secrets and ConfigMaps for longer. */
const STEPS: ReadonlyArray<{ readonly upTo: number; readonly seconds: number }> = [
  { upTo: 100, seconds: 0 },
  { upTo: 500, seconds: 15 },
  { upTo: 1000, seconds: 30 },
  { upTo: 2000, seconds: 60 },
  { upTo: Infinity, seconds: 300 },
];

/** The seconds for a cluster of so many nodes. Pure. */
export function ttlSeconds(nodes: number): number {
  return STEPS.find(({ upTo }) => nodes <= upTo)?.seconds ?? 0;
}

/** Tells kubelets on their nodes for how long they may keep what they have read. */
export function ttlController(): Controller {
  let context: ControllerContext;
  let size = 0;
  let seconds = 0;
  return {
    name: 'ttl-controller',
    setUp(given) {
      context = given;
      const nodes = context.informers.for<Node>(NODES);
      const check = (node: Node): void => (node.metadata.annotations?.[ANNOTATION] === String(seconds) ? undefined : context.enqueue(`/${node.metadata.name}`));
      const resize = (by: number): void => {
        size += by;
        if (ttlSeconds(size) === seconds) return;
        seconds = ttlSeconds(size);
        nodes.list().forEach(check);
      };
      nodes.addHandler({
        onAdd: (node) => {
          resize(1);
          check(node);
        },
        onUpdate: check,
        onDelete: () => resize(-1),
      });
    },
    async reconcile(key) {
      const { name } = splitKey(key);
      const node = context.informers.for<Node>(NODES).get(name);
      if (!node || node.metadata.annotations?.[ANNOTATION] === String(seconds)) return;
      await context.client.resource<Node>(NODES).patch({ name }, { type: 'strategic', body: { metadata: { annotations: { [ANNOTATION]: String(seconds) } } } });
    },
  };
}
