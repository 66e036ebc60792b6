import { createPrivateKey } from 'node:crypto';

/** What a client needs to reach the cluster as its administrator; certificates and key are PEM. */
export interface AdminKubeconfigOptions {
  /** https://HOST:PORT */
  readonly server: string;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  /** Name of the cluster and of the context: `kubette` unless said otherwise. */
  readonly name?: string;
  /** Namespace of the context. */
  readonly namespace?: string;
}

/**
 * A kubeconfig as YAML, for kubectl and every client library. Keys stand inside as base64: write it with mode 0600.
 */
export function adminKubeconfig({ server, ca, cert, key, name = 'kubette', namespace }: AdminKubeconfigOptions): string {
  const data = (pem: string): string => Buffer.from(pem).toString('base64');
  // A JSON string is a YAML string: no name can break the document.
  const text = (value: string): string => (/^[A-Za-z][-A-Za-z0-9.]*$/.test(value) ? value : JSON.stringify(value));
  const user = `${name}-admin`;
  return `apiVersion: v1
kind: Config
clusters:
- name: ${text(name)}
  cluster:
    certificate-authority-data: ${data(ca)}
    server: ${server}
contexts:
- name: ${text(name)}
  context:
    cluster: ${text(name)}
${namespace ? `    namespace: ${text(namespace)}\n` : ''}    user: ${text(user)}
current-context: ${text(name)}
preferences: {}
users:
- name: ${text(user)}
  user:
    client-certificate-data: ${data(cert)}
    client-key-data: ${data(sec1(key))}
`;
}

/** An EC key in the form whose first line says so: fabric8 takes all others for RSA. Anything else is left as it is. */
function sec1(pem: string): string {
  if (!pem.includes('BEGIN PRIVATE KEY')) return pem;
  const key = createPrivateKey(pem);
  return key.asymmetricKeyType === 'ec' ? (key.export({ type: 'sec1', format: 'pem' }) as string) : pem;
}
