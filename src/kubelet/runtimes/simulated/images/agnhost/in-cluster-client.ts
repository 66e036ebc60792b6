import { createHash } from 'node:crypto';
import { request } from 'node:https';
import { connect } from 'node:tls';
import { sleep } from '../../../../../base/clock.js';
import type { ProgramProcess } from '../../program.js';
import { goFlags, goLog, klog } from '../go-log.js';
import { untilStopped } from '../idle.js';

const FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Asks the API server for /healthz again and again with the pod's token, and logs a hash of it: tokens are seen to rotate. */
export async function inClusterClient(process: ProgramProcess, args: readonly string[]): Promise<number> {
  const interval = Number(goFlags(args).flags.get('poll-interval') ?? '30') * 1000;
  klog(process, 'main.go:61', 'started');
  const host = process.env['KUBERNETES_SERVICE_HOST'];
  if (!host || !(await process.fs.exists(`${FOLDER}/token`))) {
    goLog(process, 'err: unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined');
    return 1;
  }
  const polling = (async (): Promise<number> => {
    for (;;) {
      await sleep(process.clock, interval, process.signal);
      klog(process, 'main.go:80', 'calling /healthz');
      await poll(process, host).catch((error: unknown) => {
        klog(process, 'main.go:83', 'status=failed');
        klog(process, 'main.go:84', `error checking /healthz: ${error instanceof Error ? error.message : String(error)}`);
      });
    }
  })().catch(() => 137);
  return Promise.race([untilStopped(process, { SIGTERM: 143, SIGINT: 130 }), polling]);
}

async function poll(process: ProgramProcess, host: string): Promise<void> {
  const authorization = `Bearer ${(await process.fs.readFile(`${FOLDER}/token`)).trim()}`;
  klog(process, 'main.go:97', `authz_header=${createHash('sha256').update(`salt|${authorization}`).digest('base64url')}`);
  const ca = await process.fs.readFile(`${FOLDER}/ca.crt`);
  const socket = await process.network.connect(host, Number(process.env['KUBERNETES_SERVICE_PORT'] ?? '443'), process.signal);
  await new Promise<void>((resolve, reject) => {
    const call = request({ host, path: '/healthz', headers: { authorization, connection: 'close' }, createConnection: () => connect({ socket, ca, host }) }, (response) => {
      response.resume();
      response.on('end', () => (response.statusCode === 200 ? resolve() : reject(new Error(`the server answered with status ${response.statusCode}`))));
    });
    call.on('error', reject);
    call.end();
  });
}
