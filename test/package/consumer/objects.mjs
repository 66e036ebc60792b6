import { test } from 'node:test';
import { createCluster } from 'kubette';

/** A test with a cluster of its own, which stops in the end. (`await using` needs Node.js 24.) */
export function clusterTest(name, options, body) {
  test(name, { timeout: 120_000 }, async () => {
    const cluster = await createCluster(options);
    try {
      await body(cluster);
    } finally {
      await cluster.stop();
    }
  });
}

export const pod = (name, more = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, ...more.metadata },
  spec: { containers: [{ name: 'main', image: 'nginx', ...more.container }], ...more.spec },
});

export const configMap = (name, data = {}, namespace = 'default') => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data });
