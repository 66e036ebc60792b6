import type { DocumentHandler } from './pipeline/documents.js';
import type { Workloads } from './workloads.js';

const PATH = /^\/kubette\/v1\/nodes\/([^/]+)\/(stop|start)$/;

/**
 * `POST /kubette/v1/nodes/NAME/stop` takes a node's kubelet down without a word to anyone, as a power cut would;
 * `start` brings it back. Paths of kubette's own lie outside of Kubernetes' and need the right to post to them.
 */
export function nodeSwitch(workloads: () => Workloads | undefined): DocumentHandler {
  return async ({ method, info }) => {
    const match = PATH.exec(info.path);
    if (!match || method !== 'POST') return undefined;
    const [, name = '', action] = match;
    const kubelet = workloads()?.node(name);
    const contentType = 'text/plain; charset=utf-8';
    if (!kubelet) return { type: 'document', code: 404, contentType, body: `no node ${JSON.stringify(name)}\n` };
    await (action === 'stop' ? kubelet.stop() : kubelet.start());
    return { type: 'document', code: 200, contentType, body: 'ok\n' };
  };
}
