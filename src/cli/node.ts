import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { parse } from 'yaml';
import { parseFlags, type Flags } from './flags.js';
import { DEFAULT_DATA_DIR } from './serve.js';
import { UsageError, UserError } from './usage-error.js';

const FLAGS: Flags = {
  kubeconfig: { type: 'string', value: 'FILE', help: `kubeconfig of the running cluster (default $KUBECONFIG or ${DEFAULT_DATA_DIR}/kubeconfig)` },
};

/** `kubette node stop|start NAME` */
export async function node(args: readonly string[]): Promise<number> {
  const flags = parseFlags('node stop|start NAME [flags]', FLAGS, args);
  if (!flags) return 0;
  const [action, name, ...more] = flags.positionals;
  if ((action !== 'stop' && action !== 'start') || name === undefined || more.length > 0) throw new UsageError("usage: kubette node stop NAME, or kubette node start NAME");
  const path = flags.string('kubeconfig') ?? process.env['KUBECONFIG'] ?? join(DEFAULT_DATA_DIR, 'kubeconfig');
  const reply = await post(readKubeconfig(path), `/kubette/v1/nodes/${encodeURIComponent(name)}/${action}`);
  if (reply.code === 404) throw new UserError(`the cluster has no node "${name}"`);
  if (reply.code !== 200) throw new UserError(`the cluster refused: ${reply.text}`);
  process.stdout.write(`node/${name} ${action === 'stop' ? 'stopped' : 'started'}\n`);
  return 0;
}

interface Access {
  readonly server: string;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

function readKubeconfig(path: string): Access {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new UserError(`cannot read the kubeconfig ${path}: name one with --kubeconfig`);
  }
  const config = parse(text) as { clusters: [{ cluster: Record<string, string> }]; users: [{ user: Record<string, string> }] };
  const { cluster } = config.clusters[0];
  const { user } = config.users[0];
  const pem = (value: string | undefined): string => Buffer.from(value ?? '', 'base64').toString();
  return { server: cluster['server'] ?? '', ca: pem(cluster['certificate-authority-data']), cert: pem(user['client-certificate-data']), key: pem(user['client-key-data']) };
}

function post({ server, ...tls }: Access, path: string): Promise<{ code: number; text: string }> {
  return new Promise((resolve, reject) => {
    const call = request(new URL(path, server), { method: 'POST', ...tls }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ code: response.statusCode ?? 0, text }));
    });
    call.on('error', () => reject(new UserError(`no cluster answers at ${server}`)));
    call.end();
  });
}
