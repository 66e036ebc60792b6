import { existsSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Service } from '../../../api/types/core-v1.js';
import { RuntimeError } from '../../runtime.js';
import type { NodeRuntimes, RuntimeEnvironment } from '../node-runtimes.js';
import { chooseIsolation } from './choose-isolation.js';
import { ProcessRuntime } from './process-runtime.js';

export interface ProcessRuntimeSettings {
  /** The cluster's data directory; a temporary folder serves a cluster in memory. */
  readonly dataDir: string | undefined;
  readonly imageLayouts: readonly string[] | undefined;
  readonly serviceCidr: string;
  readonly dnsIp: string;
}

/**
 * Runtimes whose containers are processes of the host. Throws RuntimeError for image layouts that do not exist; says in
 * the log why containers are not isolated, where they are not.
 */
export async function processRuntimes(environment: RuntimeEnvironment, { dataDir, imageLayouts = [], serviceCidr, dnsIp }: ProcessRuntimeSettings): Promise<NodeRuntimes> {
  const { clock, ids, logger, network, informers } = environment;
  const layouts = imageLayouts.map((path) => resolve(path));
  const missing = layouts.find((path) => !existsSync(path));
  if (missing !== undefined) throw new RuntimeError(`the image layout ${missing} does not exist`);
  const { isolation, listen } = chooseIsolation({ network, serviceCidr, dnsIp });
  if (isolation.obstacle !== undefined) logger.warn({}, `containers run as plain processes, without isolation: ${isolation.obstacle}`);
  const folder = dataDir === undefined ? mkdtempSync(join(tmpdir(), 'kubette-')) : join(dataDir, 'runtime');
  const persistentFolder = dataDir === undefined ? join(folder, 'volumes') : join(dataDir, 'volumes');
  // What an earlier server left that was killed: its containers are gone.
  if (dataDir !== undefined) await isolation.removeFolder(folder);
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  const services = informers.for<Service>({ group: '', version: 'v1', resource: 'services' });
  const update = (): void => listen(services.list().flatMap(({ spec }) => (spec?.ports ?? []).filter(({ protocol = 'TCP' }) => protocol === 'TCP').map(({ port }) => port)));
  services.addHandler({ onAdd: update, onUpdate: update, onDelete: update });
  return {
    make: ({ name, podCidr, ip }) => new ProcessRuntime({ clock, ids, network, podCidr, nodeIp: ip, isolation, folder: join(folder, name), persistentFolder, hiddenFolder: dataDir, imageLayouts: layouts }),
    close: async () => {
      await isolation.close();
      if (dataDir === undefined) await isolation.removeFolder(folder);
    },
  };
}
