import type { Node, Pod } from '../../api/types/core-v1.js';
import { ApiError } from '../../api/errors.js';
import { formatTime } from '../../api/time.js';
import type { Controller, ControllerContext } from '../../client/controller.js';
import { keyOf, splitKey } from '../../client/informer.js';
import { podConditionPatch } from '../shared/pod-status-patch.js';
import { evictionTime } from './plan.js';

const NODES = { group: '', version: 'v1', resource: 'nodes' };
const PODS = { group: '', version: 'v1', resource: 'pods' };

/**
 * Deletes pods from nodes with NoExecute taints that they do not tolerate, or not for any longer
 * (https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/#taint-based-evictions).
 */
export function taintEvictionController(): Controller {
  let context: ControllerContext;
  /** Pods whose deletion is set for later, with when that was first found. */
  const scheduled = new Map<string, number>();
  return {
    name: 'taint-eviction-controller',
    setUp(given) {
      context = given;
      const pods = context.informers.for<Pod>(PODS);
      pods.addIndex('nodeName', ({ spec }) => (spec.nodeName ? [spec.nodeName] : []));
      const onPod = (pod: Pod): void => {
        if (pod.spec.nodeName) context.enqueue(keyOf(pod));
      };
      pods.addHandler({ onAdd: onPod, onUpdate: (pod, old) => (pod.spec.nodeName === old.spec.nodeName && pod.spec.tolerations === old.spec.tolerations ? undefined : onPod(pod)) });
      const onNode = (node: Node): void => pods.byIndex('nodeName', node.metadata.name).forEach(onPod);
      context.informers.for<Node>(NODES).addHandler({
        onAdd: onNode,
        onUpdate: (node, old) => (JSON.stringify(node.spec.taints) === JSON.stringify(old.spec.taints) ? undefined : onNode(node)),
      });
    },
    async reconcile(key) {
      const { name, namespace } = splitKey(key);
      const pod = context.informers.for<Pod>(PODS).get(name, namespace);
      const node = pod?.spec.nodeName ? context.informers.for<Node>(NODES).get(pod.spec.nodeName) : undefined;
      const now = context.clock.now();
      const at = pod && node && !pod.metadata.deletionTimestamp ? evictionTime(pod, node, now, scheduled.get(key) ?? now) : undefined;
      if (!pod || at === undefined) {
        if (scheduled.delete(key) && pod && !pod.metadata.deletionTimestamp) context.events.record(pod, 'Normal', 'TaintManagerEviction', `Cancelling deletion of Pod ${namespace}/${name}`);
        return;
      }
      if (at > now) {
        if (!scheduled.has(key)) scheduled.set(key, now);
        return { requeueAfterMs: at - now };
      }
      scheduled.delete(key);
      context.events.record(pod, 'Normal', 'TaintManagerEviction', `Marking for deletion Pod ${namespace}/${name}`);
      await evict(context, pod);
    },
  };
}

/** Marks the pod as disrupted and deletes it. */
async function evict(context: ControllerContext, pod: Pod): Promise<void> {
  const { name, namespace, uid } = pod.metadata;
  const pods = context.client.resource<Pod>(PODS);
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'DeletionByTaintManager',
    message: 'Taint manager: deleting due to NoExecute taint',
    lastTransitionTime: formatTime(context.clock.now()),
    observedGeneration: pod.metadata.generation,
  };
  try {
    await pods.patch({ name, namespace, subresource: 'status' }, { type: 'strategic', body: podConditionPatch(pod, condition) });
    await pods.delete({ name, namespace }, { uid });
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 404) throw error;
  }
}
