import { readFileSync } from 'node:fs';
import { delimiter, dirname, resolve } from 'node:path';
import type { RequestOptions } from 'node:https';
import { parse } from 'yaml';
import { reasonOf, UserError } from './usage-error.js';

/** Where a cluster is, and what proves who asks. */
export interface ClusterAccess {
  /** Without a slash at the end. */
  readonly server: string;
  readonly tls: Pick<RequestOptions, 'ca' | 'cert' | 'key' | 'servername' | 'rejectUnauthorized'>;
  readonly token: string | undefined;
}

interface Named {
  readonly name?: string;
}

interface Kubeconfig {
  readonly 'current-context'?: string;
  readonly contexts?: ReadonlyArray<Named & { readonly context?: { readonly cluster?: string; readonly user?: string } }>;
  readonly clusters?: ReadonlyArray<Named & { readonly cluster?: Fields }>;
  readonly users?: ReadonlyArray<Named & { readonly user?: Fields }>;
}

type Fields = Readonly<Record<string, unknown>>;

/** A file of the list, with the folder that its relative paths start from. */
interface Source {
  readonly folder: string;
  readonly config: Kubeconfig;
}

/**
 * The current context of a kubeconfig, or of several as $KUBECONFIG names them: as with kubectl the first file that says
 * something counts, and files that are not there are passed over while there is another. Throws UserError.
 */
export function readClusterAccess(paths: string): ClusterAccess {
  const files = paths.split(delimiter).filter((path) => path !== '');
  const sources = files.map((path) => readSource(path, files.length > 1)).filter((source) => source !== undefined);
  const noKubeconfig = (): UserError => new UserError(`${paths} is no kubeconfig: name one with --kubeconfig`);
  const current = sources.map(({ config }) => config['current-context']).find((name) => typeof name === 'string' && name !== '');
  if (current === undefined) throw sources.some(({ config }) => (config.clusters?.length ?? 0) > 0) ? new UserError(`${paths} has no current context: choose one with 'kubectl config use-context'`) : noKubeconfig();
  const context = find(sources, (config) => config.contexts, current)?.entry.context;
  if (!context) throw new UserError(`${paths} has no context "${current}", which is its current one`);
  const cluster = find(sources, (config) => config.clusters, context.cluster);
  const user = find(sources, (config) => config.users, context.user);
  const server = cluster?.entry.cluster?.['server'];
  if (typeof server !== 'string' || !URL.canParse(server)) throw noKubeconfig();
  const clusterFields = { folder: cluster?.folder ?? '', fields: cluster?.entry.cluster ?? {} };
  const userFields = { folder: user?.folder ?? '', fields: user?.entry.user ?? {} };
  const servername = clusterFields.fields['tls-server-name'];
  const token = userFields.fields['token'] ?? data(userFields, 'tokenFile')?.toString().trim();
  return {
    server: server.replace(/\/$/, ''),
    tls: {
      ca: data(clusterFields, 'certificate-authority'),
      cert: data(userFields, 'client-certificate'),
      key: data(userFields, 'client-key'),
      ...(typeof servername === 'string' ? { servername } : {}),
      rejectUnauthorized: clusterFields.fields['insecure-skip-tls-verify'] !== true,
    },
    token: typeof token === 'string' ? token : undefined,
  };
}

function readSource(path: string, maybeMissing: boolean): Source | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (maybeMissing && (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new UserError(`cannot read the kubeconfig ${path}: ${reasonOf(error)}; name one with --kubeconfig`);
  }
  let config: unknown;
  try {
    config = parse(text);
  } catch {
    // Told below, as everything else that is no kubeconfig.
  }
  if (typeof config !== 'object' || config === null) throw new UserError(`${path} is no kubeconfig: name one with --kubeconfig`);
  return { folder: dirname(resolve(path)), config: config as Kubeconfig };
}

function find<T extends Named>(sources: readonly Source[], list: (config: Kubeconfig) => readonly T[] | undefined, name: string | undefined): { readonly folder: string; readonly entry: T } | undefined {
  for (const { folder, config } of sources) {
    const entries = list(config);
    const entry = Array.isArray(entries) ? (entries as readonly T[]).find((candidate) => candidate?.name === name) : undefined;
    if (entry) return { folder, entry };
  }
  return undefined;
}

/** What stands in the file as `NAME-data`, in base64, or in another file whose path stands there as `NAME`. */
function data({ folder, fields }: { readonly folder: string; readonly fields: Fields }, name: string): Buffer | undefined {
  const inline = fields[`${name}-data`];
  if (typeof inline === 'string') return Buffer.from(inline, 'base64');
  const path = fields[name];
  if (typeof path !== 'string' || path === '') return undefined;
  try {
    return readFileSync(resolve(folder, path));
  } catch (error) {
    throw new UserError(`cannot read ${resolve(folder, path)}, which the kubeconfig names: ${reasonOf(error)}`);
  }
}
