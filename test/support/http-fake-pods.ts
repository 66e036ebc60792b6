import { notFound } from '../../src/api/errors.js';
import type { ApiRequest, ApiResponse } from '../../src/pipeline/request.js';
import type { Connection } from '../../src/registry/subresource.js';
import { document } from './http-fake-pipeline.js';

/** A handler that knows just enough for kubectl to find the pod `web`, and connects its subresources to what the test says. */
export function fakePods(connect: (request: ApiRequest, subresource: string) => Connection): (request: ApiRequest) => ApiResponse {
  return (request) => {
    const { info } = request;
    if (!info.isResource) return document(JSON.stringify(DISCOVERY[info.path] ?? { kind: 'APIGroupList', apiVersion: 'v1', groups: [] }), 'application/json');
    if (info.resource !== 'pods' || info.name !== 'web') throw notFound(info, info.name);
    if (info.subresource === '') return document(JSON.stringify(POD), 'application/json');
    return { type: 'connect', warnings: [], connection: connect(request, info.subresource) };
  };
}

const DISCOVERY: Record<string, unknown> = {
  '/api': { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] },
  '/api/v1': {
    kind: 'APIResourceList',
    groupVersion: 'v1',
    resources: [{ name: 'pods', singularName: 'pod', namespaced: true, kind: 'Pod', verbs: ['get', 'list', 'create'], shortNames: ['po'] }],
  },
};

const POD = {
  kind: 'Pod',
  apiVersion: 'v1',
  metadata: { name: 'web', namespace: 'default', uid: '1' },
  spec: { containers: [{ name: 'main', image: 'busybox', ports: [{ containerPort: 80 }] }] },
  status: { phase: 'Running' },
};
