import { request } from 'node:https';
import { join } from 'node:path';
import { readClusterAccess, type ClusterAccess } from './cluster-access.js';
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

/** What Node says when it does not trust a server. */
const CERTIFICATE_PROBLEM = /CERT|SELF_SIGNED|UNABLE_TO/;

/** What an API server of another make says to a path of kubette's own. */
const UNKNOWN_PATH = '404 page not found\n';

/** A request to the cluster that `--kubeconfig` names. Throws UserError when there is none. */
export async function callCluster(flags: Parsed, method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body: string | Buffer = ''): Promise<Reply> {
  const access = readClusterAccess(flags.string('kubeconfig') || process.env['KUBECONFIG'] || join(DEFAULT_DATA_DIR, 'kubeconfig'));
  let reply: Reply;
  try {
    reply = await call(access, method, path, body);
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw new UserError(`no cluster answers at ${access.server}${code === 'ECONNREFUSED' ? '' : CERTIFICATE_PROBLEM.test(code) ? `: its certificate is not of the authority in the kubeconfig (${message})` : `: ${message}`}`);
  }
  if (reply.code === 404 && reply.text === UNKNOWN_PATH) throw new UserError(`the cluster at ${access.server} is no kubette`);
  return reply;
}

function call({ server, tls, token }: ClusterAccess, method: string, path: string, body: string | Buffer): Promise<Reply> {
  return new Promise((resolve, reject) => {
    // A virtual cluster has a path of its own.
    const outgoing = request(new URL(server + path), { method, ...tls, headers: { 'content-type': 'application/json', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const bytes = Buffer.concat(chunks);
        resolve({ code: response.statusCode ?? 0, text: bytes.toString(), bytes });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** The reply, if it is one of success. Throws UsageError for what was wrong with the request, UserError for all else. */
export function succeeded(reply: Reply): Reply {
  if (reply.code === 400) throw new UsageError(reply.text.trim());
  if (reply.code >= 300) throw new UserError(`the cluster refused: ${messageOf(reply)}`);
  return reply;
}

/** A Status says it in its message, kubette's own routes in a line of text. */
function messageOf({ text }: Reply): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    if (typeof message === 'string') return message;
  } catch {
    // It is the line.
  }
  return text.trim();
}
