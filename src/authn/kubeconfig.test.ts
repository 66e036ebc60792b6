import { createPrivateKey } from 'node:crypto';
import { KubeConfig } from '@kubernetes/client-node';
import { SystemClock } from '../base/clock.js';
import { adminKubeconfig } from './kubeconfig.js';
import { ensurePki } from './pki/pki.js';

test.each(['kubette', 'my: "odd" #name'])('a kubeconfig named %s is read by client libraries', (name) => {
  const { ca, admin } = ensurePki({ clock: new SystemClock() });
  const config = new KubeConfig();
  config.loadFromString(adminKubeconfig({ server: 'https://127.0.0.1:6443', ca: ca.cert, ...admin, name, namespace: 'dev' }));
  expect(config.getCurrentContext()).toBe(name);
  expect(config.getCurrentCluster()).toMatchObject({ name, server: 'https://127.0.0.1:6443', caData: Buffer.from(ca.cert).toString('base64') });
  expect(config.getCurrentUser()).toMatchObject({ certData: Buffer.from(admin.cert).toString('base64') });
  const key = Buffer.from(config.getCurrentUser()?.keyData ?? '', 'base64').toString();
  // fabric8 goes by the first line.
  expect(key).toMatch(/^-----BEGIN EC PRIVATE KEY-----/);
  expect(createPrivateKey(key).equals(createPrivateKey(admin.key))).toBe(true);
  expect(config.getContextObject(name)?.namespace).toBe('dev');
});
