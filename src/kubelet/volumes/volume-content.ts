import { ApiError } from '../../api/errors.js';
import type { ConfigMap, KeyToPath, PersistentVolume, PersistentVolumeClaim, Pod, Secret, Volume, VolumeProjection } from '../../api/types/core-v1.js';
import { podField, resourceField, type PodFacts } from '../env/field-path.js';
import { wholeValue } from '../pods/resources.js';
import type { VolumeContent, VolumeFile } from '../runtime.js';

/** What volumes are made of. The readers reject with ApiError 404 for what does not exist. */
export interface VolumeSources {
  configMap(namespace: string, name: string): Promise<ConfigMap>;
  secret(namespace: string, name: string): Promise<Secret>;
  claim(namespace: string, name: string): Promise<PersistentVolumeClaim>;
  persistentVolume(name: string): Promise<PersistentVolume>;
  /** A token of the pod's service account, bound to the pod. */
  token(pod: Pod, audience: string | undefined, expirationSeconds: number): Promise<{ readonly token: string }>;
}

/** Permissions of files that name none. */
const DEFAULT_MODE = 0o644;
const TOKEN_MODE = 0o600;

/**
 * A volume that cannot be set up (yet). `setUp` tells failures while its files are gathered from those before it
 * (a claim that is not bound): their events read differently.
 */
export class VolumeError extends Error {
  constructor(
    message: string,
    readonly setUp = true,
  ) {
    super(message);
    this.name = 'VolumeError';
  }
}

/** What a pod's volume holds. Throws VolumeError with the text of the event FailedMount. */
export async function volumeContent(pod: Pod, volume: Volume, facts: PodFacts, sources: VolumeSources): Promise<VolumeContent> {
  const { configMap, secret, projected, downwardAPI, emptyDir, hostPath } = volume;
  const namespace = pod.metadata.namespace ?? '';
  const gather = gatherer(pod, facts, sources);
  if (emptyDir) return { type: 'empty', medium: emptyDir.medium ?? '', ...(emptyDir.sizeLimit === undefined ? {} : { sizeLimitBytes: Number(wholeValue(emptyDir.sizeLimit)) }) };
  if (configMap) {
    return files(await gather.configMap({ name: configMap.name ?? '', items: configMap.items, optional: configMap.optional, mode: configMap.defaultMode }));
  }
  if (secret) return files(await gather.secret({ name: secret.secretName ?? '', items: secret.items, optional: secret.optional, mode: secret.defaultMode }));
  if (downwardAPI) return files(gather.downward(downwardAPI.items ?? [], downwardAPI.defaultMode));
  if (projected) {
    const parts = await Promise.all((projected.sources ?? []).map((source) => gather.projection(source, projected.defaultMode)));
    return files(parts.flat());
  }
  if (hostPath) return { type: 'host', path: hostPath.path, check: hostPath.type ?? '' };
  if (volume.persistentVolumeClaim) return claimContent(pod, volume.persistentVolumeClaim.claimName, sources);
  if (volume.ephemeral) return claimContent(pod, `${pod.metadata.name}-${volume.name}`, sources);
  // Network storage (nfs, csi, iscsi, …) is there in name only: a place that outlives the pod.
  const [kind = 'unknown'] = Object.keys(volume).filter((key) => key !== 'name');
  return { type: 'persistent', id: `${kind}:${namespace}:${JSON.stringify((volume as unknown as Record<string, unknown>)[kind])}` };
}

function files(list: readonly VolumeFile[]): VolumeContent {
  return { type: 'files', files: list };
}

async function claimContent(pod: Pod, name: string, sources: VolumeSources): Promise<VolumeContent> {
  const namespace = pod.metadata.namespace ?? '';
  let claim: PersistentVolumeClaim;
  try {
    claim = await sources.claim(namespace, name);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    throw new VolumeError(`error processing PVC ${namespace}/${name}: failed to fetch PVC from API server: ${error.message}`, false);
  }
  if (claim.metadata.deletionTimestamp) throw new VolumeError(`error processing PVC ${namespace}/${name}: PVC is being deleted`, false);
  const volume = claim.spec?.volumeName;
  if (claim.status?.phase !== 'Bound' || !volume) throw new VolumeError(`error processing PVC ${namespace}/${name}: PVC is not bound`, false);
  const hostPath = (await sources.persistentVolume(volume)).spec?.hostPath;
  return hostPath === undefined ? { type: 'persistent', id: `pv:${volume}` } : { type: 'host', path: hostPath.path, check: hostPath.type ?? '' };
}

interface KeyedSource {
  readonly name: string;
  readonly items: readonly KeyToPath[] | undefined;
  readonly optional: boolean | undefined;
  readonly mode: number | undefined;
}

interface DownwardItem {
  readonly path: string;
  readonly mode?: number | undefined;
  readonly fieldRef?: { readonly fieldPath: string } | undefined;
  readonly resourceFieldRef?: { readonly containerName?: string | undefined; readonly resource: string; readonly divisor?: string | number | undefined } | undefined;
}

interface Gatherer {
  configMap(source: KeyedSource): Promise<VolumeFile[]>;
  secret(source: KeyedSource): Promise<VolumeFile[]>;
  downward(items: readonly DownwardItem[], mode: number | undefined): VolumeFile[];
  projection(source: VolumeProjection, mode: number | undefined): Promise<VolumeFile[]>;
}

function gatherer(pod: Pod, facts: PodFacts, sources: VolumeSources): Gatherer {
  const namespace = pod.metadata.namespace ?? '';
  const keyed = async (kind: 'configmap' | 'secret', source: KeyedSource, read: () => Promise<Map<string, Buffer>>): Promise<VolumeFile[]> => {
    let data: Map<string, Buffer>;
    try {
      data = await read();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.code !== 404) throw new VolumeError(error.message);
      if (source.optional) return [];
      throw new VolumeError(`${kind} ${JSON.stringify(source.name)} not found`);
    }
    if (!source.items?.length) return [...data].map(([path, bytes]) => ({ path, data: bytes, mode: source.mode ?? DEFAULT_MODE }));
    return source.items.flatMap(({ key, path, mode }) => {
      const bytes = data.get(key);
      if (bytes) return [{ path, data: bytes, mode: mode ?? source.mode ?? DEFAULT_MODE }];
      if (source.optional) return [];
      throw new VolumeError(kind === 'secret' ? `references non-existent secret key: ${key}` : `configmap references non-existent config key: ${key}`);
    });
  };
  const gather: Gatherer = {
    configMap: (source) => keyed('configmap', source, async () => {
      const { data = {}, binaryData = {} } = await sources.configMap(namespace, source.name);
      return new Map([...Object.entries(data).map(([k, v]) => [k, Buffer.from(v)] as const), ...Object.entries(binaryData).map(([k, v]) => [k, Buffer.from(v, 'base64')] as const)]);
    }),
    secret: (source) => keyed('secret', source, async () => new Map(Object.entries((await sources.secret(namespace, source.name)).data ?? {}).map(([k, v]) => [k, Buffer.from(v, 'base64')]))),
    downward: (items, mode) => items.map((item) => {
      try {
        const text = item.fieldRef ? podField(pod, item.fieldRef.fieldPath, facts) : item.resourceFieldRef ? resourceField(pod, pod.spec.containers[0] as Pod['spec']['containers'][number], item.resourceFieldRef, facts) : '';
        return { path: item.path, data: Buffer.from(text), mode: item.mode ?? mode ?? DEFAULT_MODE };
      } catch (error) {
        throw new VolumeError(error instanceof Error ? error.message : String(error));
      }
    }),
    projection: async ({ configMap, secret, downwardAPI, serviceAccountToken }, mode) => {
      if (configMap) return gather.configMap({ name: configMap.name ?? '', items: configMap.items, optional: configMap.optional, mode });
      if (secret) return gather.secret({ name: secret.name ?? '', items: secret.items, optional: secret.optional, mode });
      if (downwardAPI) return gather.downward(downwardAPI.items ?? [], mode);
      if (serviceAccountToken) {
        try {
          const { token } = await sources.token(pod, serviceAccountToken.audience || undefined, serviceAccountToken.expirationSeconds ?? 3600);
          // Only its owner may read a token, unless the pod's user is another one.
          const fileMode = pod.spec.securityContext?.fsGroup === undefined && pod.spec.securityContext?.runAsUser === undefined ? (mode ?? DEFAULT_MODE) : TOKEN_MODE;
          return [{ path: serviceAccountToken.path, data: Buffer.from(token), mode: fileMode }];
        } catch (error) {
          if (!(error instanceof ApiError)) throw error;
          throw new VolumeError(`failed to fetch token: ${error.message}`);
        }
      }
      return [];
    },
  };
  return gather;
}
