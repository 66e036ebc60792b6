import { ApiError } from '../api/errors.js';
import type { GroupVersionResource } from '../api/gvk.js';
import type { KubeObject } from '../api/object.js';
import type { ConfigMap, Node, PersistentVolume, PersistentVolumeClaim, Pod, Secret, ServiceAccount } from '../api/types/core-v1.js';
import type { TokenRequest } from '../api/types/authentication-v1.js';
import type { Lease } from '../api/types/coordination-v1.js';
import type { Client, ResourceClient } from '../client/types.js';

const core = (resource: string): GroupVersionResource => ({ group: '', version: 'v1', resource });

/** The requests a kubelet makes of the API server. */
export class KubeletApi {
  readonly pods: ResourceClient<Pod>;
  readonly nodes: ResourceClient<Node>;
  readonly leases: ResourceClient<Lease>;
  private readonly configMaps: ResourceClient<ConfigMap>;
  private readonly secrets: ResourceClient<Secret>;
  private readonly claims: ResourceClient<PersistentVolumeClaim>;
  private readonly volumes: ResourceClient<PersistentVolume>;
  private readonly accounts: ResourceClient<ServiceAccount>;

  constructor(client: Client) {
    this.pods = client.resource(core('pods'));
    this.nodes = client.resource(core('nodes'));
    this.leases = client.resource({ group: 'coordination.k8s.io', version: 'v1', resource: 'leases' });
    this.configMaps = client.resource(core('configmaps'));
    this.secrets = client.resource(core('secrets'));
    this.claims = client.resource(core('persistentvolumeclaims'));
    this.volumes = client.resource(core('persistentvolumes'));
    this.accounts = client.resource(core('serviceaccounts'));
  }

  configMap(namespace: string, name: string): Promise<ConfigMap> {
    return this.configMaps.get(name, namespace);
  }

  secret(namespace: string, name: string): Promise<Secret> {
    return this.secrets.get(name, namespace);
  }

  claim(namespace: string, name: string): Promise<PersistentVolumeClaim> {
    return this.claims.get(name, namespace);
  }

  persistentVolume(name: string): Promise<PersistentVolume> {
    return this.volumes.get(name);
  }

  /** A token of the pod's service account, bound to the pod. */
  async token(pod: Pod, audience: string | undefined, expirationSeconds: number): Promise<{ token: string; expirationTimestamp: string }> {
    const { name, namespace = '', uid = '' } = pod.metadata;
    const account = pod.spec.serviceAccountName ?? 'default';
    const request: TokenRequest = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      metadata: { name: account },
      spec: { audiences: audience === undefined ? [] : [audience], expirationSeconds, boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name, uid } },
    };
    const answer = await this.accounts.post<TokenRequest & KubeObject>({ name: account, namespace, subresource: 'token' }, request);
    return { token: answer.status?.token ?? '', expirationTimestamp: answer.status?.expirationTimestamp ?? '' };
  }
}

export function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.code === 404;
}

export function isConflict(error: unknown): boolean {
  return error instanceof ApiError && error.code === 409;
}
