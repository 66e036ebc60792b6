import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Flag, Parsed } from './flags.js';
import { DEFAULT_DATA_DIR } from './serve.js';
import { UsageError, UserError } from './usage-error.js';

/** The flag that names a running cluster. */
export const KUBECONFIG_FLAG: Flag = { type: 'string', value: 'FILE', help: `kubeconfig of the running cluster (default $KUBECONFIG or ${DEFAULT_DATA_DIR}/kubeconfig)` };

export interface Reply {
  readonly code: number;
  readonly text: string;
  readonly bytes: Buffer;
}

/** A request to the cluster that `--kubeconfig` names. Throws UserError when there is none. */
export function callCluster(flags: Parsed, method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body: string | Buffer = ''): Promise<Reply> {
  const { server, ...tls } = readKubeconfig(flags.string('kubeconfig') ?? process.env['KUBECONFIG'] ?? join(DEFAULT_DATA_DIR, 'kubeconfig'));
  return new Promise((resolve, reject) => {
    // A virtual cluster has a path of its own.
    const call = request(new URL(server + path), { method, ...tls, headers: { 'content-type': 'application/json' } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const bytes = Buffer.concat(chunks);
        resolve({ code: response.statusCode ?? 0, text: bytes.toString(), bytes });
      });
    });
    call.on('error', () => reject(new UserError(`no cluster answers at ${server}`)));
    call.end(body);
  });
}

/** The reply, if it is one of success. Throws UsageError for what was wrong with the request, UserError for all else. */
export function succeeded(reply: Reply): Reply {
  if (reply.code === 400) throw new UsageError(reply.text.trim());
  if (reply.code >= 300) throw new UserError(`the cluster refused: ${reply.text.trim()}`);
  return reply;
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
  const config = parse(text) as { clusters?: [{ cluster: Record<string, string> }]; users?: [{ user: Record<string, string> }] } | null;
  const cluster = config?.clusters?.[0]?.cluster;
  const user = config?.users?.[0]?.user;
  if (!cluster?.['server'] || !user) throw new UserError(`${path} is no kubeconfig: name one with --kubeconfig`);
  const pem = (value: string | undefined): string => Buffer.from(value ?? '', 'base64').toString();
  return { server: cluster['server'].replace(/\/$/, ''), ca: pem(cluster['certificate-authority-data']), cert: pem(user['client-certificate-data']), key: pem(user['client-key-data']) };
}
