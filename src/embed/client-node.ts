import { createRequire } from 'node:module';

/** A class of `@kubernetes/client-node` for one API group: CoreV1Api, AppsV1Api, … */
export type ApiConstructor<T> = new (...configuration: never[]) => T;

interface ClientNode {
  readonly KubeConfig: new () => { loadFromString(text: string): void; makeApiClient<T>(api: ApiConstructor<T>): T };
}

/** A client made by the user's own copy of `@kubernetes/client-node`. It is loaded here and nowhere else. */
export function makeApiClient<T>(kubeconfig: string, api: ApiConstructor<T>): T {
  const { KubeConfig } = load();
  const config = new KubeConfig();
  config.loadFromString(kubeconfig);
  return config.makeApiClient(api);
}

function load(): ClientNode {
  // Test runners put another `require` before the real one, which cannot load ES modules.
  const { createRequire: real } = (process.getBuiltinModule?.('node:module') as { createRequire: typeof createRequire } | undefined) ?? { createRequire };
  try {
    return real(import.meta.url)('@kubernetes/client-node') as ClientNode;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'MODULE_NOT_FOUND') throw new Error("cluster.client() needs the package @kubernetes/client-node: 'npm install --save-dev @kubernetes/client-node'", { cause: error });
    if (code === 'ERR_REQUIRE_ESM') throw new Error('cluster.client() needs Node.js 20.19 or later: use KubeConfig.loadFromString(cluster.kubeconfig) of @kubernetes/client-node instead', { cause: error });
    throw error;
  }
}
