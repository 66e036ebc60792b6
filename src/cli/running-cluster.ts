import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Flag, Parsed } from './flags.js';
import { DEFAULT_DATA_DIR } from './serve.js';
import { UserError } from './usage-error.js';

/** The flag that names a running cluster. */
export const KUBECONFIG_FLAG: Flag = { type: 'string', value: 'FILE', help: `kubeconfig of the running cluster (default $KUBECONFIG or ${DEFAULT_DATA_DIR}/kubeconfig)` };

export interface Reply {
  readonly code: number;
  readonly text: string;
}

/** A request to the cluster that `--kubeconfig` names. Throws UserError when there is none. */
export function callCluster(flags: Parsed, method: 'GET' | 'POST' | 'DELETE', path: string, body = ''): Promise<Reply> {
  const { server, ...tls } = readKubeconfig(flags.string('kubeconfig') ?? process.env['KUBECONFIG'] ?? join(DEFAULT_DATA_DIR, 'kubeconfig'));
  return new Promise((resolve, reject) => {
    const call = request(new URL(path, server), { method, ...tls, headers: { 'content-type': 'application/json' } }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ code: response.statusCode ?? 0, text }));
    });
    call.on('error', () => reject(new UserError(`no cluster answers at ${server}`)));
    call.end(body);
  });
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
