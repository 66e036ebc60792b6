import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemClock } from '../../src/base/clock.js';
import { RandomIds } from '../../src/base/ids.js';
import { PodNetwork } from '../../src/kubelet/network/pod-network.js';
import { chooseIsolation } from '../../src/kubelet/runtimes/process/choose-isolation.js';
import { ProcessRuntime } from '../../src/kubelet/runtimes/process/process-runtime.js';
import { runtimeConformance } from './runtime.js';

/** An OCI layout with one image of no layers: a command of the host under an image's name. */
function commandLayout(folder: string, name: string, entrypoint: readonly string[]): string {
  mkdirSync(join(folder, 'blobs/sha256'), { recursive: true });
  const blob = (value: unknown): { digest: string; size: number } => {
    const text = JSON.stringify(value);
    const hash = createHash('sha256').update(text).digest('hex');
    writeFileSync(join(folder, 'blobs/sha256', hash), text);
    return { digest: `sha256:${hash}`, size: text.length };
  };
  const config = blob({ os: 'linux', config: { Entrypoint: entrypoint } });
  const manifest = blob({ schemaVersion: 2, config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...config }, layers: [] });
  writeFileSync(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  writeFileSync(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [{ mediaType: 'application/vnd.oci.image.manifest.v1+json', ...manifest, annotations: { 'org.opencontainers.image.ref.name': name } }] }));
  return folder;
}

const SERVER = `require('node:http').createServer((q, s) => s.end('Hello World!')).listen(8080)`;

runtimeConformance('process', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kubette-runtime-'));
  const network = new PodNetwork();
  const isolation = chooseIsolation({ network, serviceCidr: '10.96.0.0/16', dnsIp: '10.96.0.10' });
  const runtime = new ProcessRuntime({
    clock: new SystemClock(), ids: new RandomIds(), network, podCidr: '10.244.0.0/24', nodeIp: '172.18.0.2', isolation, folder: join(folder, 'node'), persistentFolder: join(folder, 'persistent'),
    imageLayouts: [commandLayout(join(folder, 'layout'), 'registry.example/hello-node:v1', [process.execPath, '-e', SERVER])],
  });
  return {
    runtime, shellImage: 'busybox:1.36', webImage: 'registry.example/hello-node:v1', missingImage: 'registry.invalid/app:1',
    close: async () => {
      await runtime.close();
      await isolation.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
});
