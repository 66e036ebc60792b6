import type { Pod, Secret } from '../../api/types/core-v1.js';
import { isNotFound } from '../kubelet-api.js';
import { podEvent, type KubeletContext } from '../kubelet-context.js';
import type { ImageCredentials } from '../runtime.js';
import { parseImageReference } from './image-reference.js';

interface DockerAuth {
  readonly username?: string;
  readonly password?: string;
  readonly auth?: string;
}

/** The Secrets a pod pulls its images with; one that is missing is told in an event, and may not be needed. */
export async function readPullSecrets(context: KubeletContext, pod: Pod): Promise<Secret[]> {
  const secrets: Secret[] = [];
  for (const { name = '' } of pod.spec.imagePullSecrets ?? []) {
    try {
      secrets.push(await context.api.secret(pod.metadata.namespace ?? '', name));
    } catch (error) {
      if (!isNotFound(error)) throw error;
      podEvent(context, pod, 'Warning', 'FailedToRetrieveImagePullSecret', `Unable to retrieve some image pull secrets (${name}); attempting to pull the image may not succeed.`);
    }
  }
  return secrets;
}

/** Credentials for an image's registry from Secrets of the types kubernetes.io/dockerconfigjson and dockercfg. */
export function credentialsFor(image: string, secrets: readonly Secret[]): ImageCredentials[] {
  const { registry } = parseImageReference(image);
  return secrets.flatMap((secret) =>
    [...authsOf(secret)].flatMap(([host, auth]) => {
      const name = host.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
      if (name !== registry && !(registry === 'docker.io' && name === 'index.docker.io')) return [];
      const [username = '', password = ''] = auth.auth === undefined ? [auth.username, auth.password] : splitOnce(Buffer.from(auth.auth, 'base64').toString());
      return [{ registry, username, password }];
    }),
  );
}

function authsOf(secret: Secret): Map<string, DockerAuth> {
  const text = secret.data?.['.dockerconfigjson'] ?? secret.data?.['.dockercfg'];
  if (text === undefined) return new Map();
  try {
    const parsed = JSON.parse(Buffer.from(text, 'base64').toString()) as { auths?: Record<string, DockerAuth> } & Record<string, DockerAuth>;
    return new Map(Object.entries(secret.data?.['.dockerconfigjson'] === undefined ? parsed : (parsed.auths ?? {})));
  } catch {
    return new Map();
  }
}

function splitOnce(text: string): [string, string] {
  const colon = text.indexOf(':');
  return colon < 0 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)];
}
