import { SystemClock } from '../../src/base/clock.js';
import { RandomIds } from '../../src/base/ids.js';
import { PodNetwork } from '../../src/kubelet/network/pod-network.js';
import { ImageRegistry } from '../../src/kubelet/runtimes/simulated/image-registry.js';
import { SimulatedRuntime } from '../../src/kubelet/runtimes/simulated/simulated-runtime.js';
import { runtimeConformance } from './runtime.js';

runtimeConformance('simulated', async () => {
  const runtime = new SimulatedRuntime({ clock: new SystemClock(), ids: new RandomIds(), network: new PodNetwork(), podCidr: '10.244.0.0/24', nodeIp: '172.18.0.2', images: new ImageRegistry() });
  return { runtime, shellImage: 'busybox:1.36', webImage: 'registry.example/hello-node:v1', missingImage: 'registry.invalid/app:1', close: () => runtime.close() };
});
