import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemClock } from '../../src/base/clock.js';
import { RandomIds } from '../../src/base/ids.js';
import { PodNetwork } from '../../src/kubelet/network/pod-network.js';
import { chooseIsolation, namespaceObstacle } from '../../src/kubelet/runtimes/process/choose-isolation.js';
import type { Isolation } from '../../src/kubelet/runtimes/process/isolation.js';
import { NoIsolation } from '../../src/kubelet/runtimes/process/no-isolation.js';
import { ProcessRuntime } from '../../src/kubelet/runtimes/process/process-runtime.js';
import { writeOciLayout } from '../support/oci-layout.js';
import { runtimeConformance, type RuntimeHarness } from './runtime.js';

const SERVER = `require('node:http').createServer((q, s) => s.end('Hello World!')).listen(8080)`;

function harness(isolate: (network: PodNetwork) => Isolation): RuntimeHarness {
  const folder = mkdtempSync(join(tmpdir(), 'kubette-runtime-'));
  const network = new PodNetwork();
  const isolation = isolate(network);
  const name = 'registry.example/hello-node:v1';
  const runtime = new ProcessRuntime({
    clock: new SystemClock(), ids: new RandomIds(), network, podCidr: '10.244.0.0/24', nodeIp: '172.18.0.2', isolation, folder: join(folder, 'node'), persistentFolder: join(folder, 'persistent'),
    imageLayouts: [writeOciLayout(join(folder, 'layout'), { name, config: { Entrypoint: [process.execPath, '-e', SERVER] } })],
  });
  return {
    runtime, shellImage: 'busybox:1.36', webImage: name, missingImage: 'registry.invalid/app:1',
    close: async () => {
      await runtime.close();
      await isolation.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const obstacle = namespaceObstacle();
if (obstacle === undefined) {
  runtimeConformance('process', () => Promise.resolve(harness((network) => chooseIsolation({ network, serviceCidr: '10.96.0.0/16', dnsIp: '10.96.0.10' }).isolation)));
} else {
  test('process', () => console.warn(`containers in namespaces were not tested: ${obstacle}`));
}

runtimeConformance('process, without namespaces', () => Promise.resolve(harness(() => new NoIsolation('as a test'))), { shares: "the host's network, processes and files" });
