import type { NodeRuntimes, RuntimeEnvironment } from '../node-runtimes.js';
import { ImageRegistry, type Images } from './image-registry.js';
import type { MemoryFileSystem } from './root-file-system.js';
import { SimulatedRuntime } from './simulated-runtime.js';

/** Runtimes whose containers are JavaScript objects; nodes share the images and the data of persistent volumes. */
export function simulatedRuntimes({ clock, ids, network }: RuntimeEnvironment, declared: Images | undefined): NodeRuntimes {
  const persistent = new Map<string, MemoryFileSystem>();
  const images = new ImageRegistry(declared);
  return {
    make: ({ podCidr, ip }) => new SimulatedRuntime({ clock, ids, network, podCidr, nodeIp: ip, persistent, images }),
    close: () => Promise.resolve(),
  };
}
