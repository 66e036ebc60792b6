import type { NetworkAddress } from '../../../program.js';
import { CommandError } from '../../errors.js';
import { abortable, Condition } from '../../io/condition.js';
import type { Task } from '../../task.js';
import { chunksOf, isBusybox } from '../input.js';
import { asFailure, resolveHost } from './connection.js';

export interface UdpCall {
  readonly host: string;
  readonly port: number;
  readonly verbose: boolean;
  /** Only tries the port. */
  readonly probe: boolean;
  /** Ends after so long without an answer (-w); stays when undefined. */
  readonly patienceMs: number | undefined;
}

/** `nc -u HOST PORT`: each chunk of input is a datagram, what comes back is printed. */
export async function ncUdp(task: Task, { host, port, verbose, probe, patienceMs }: UdpCall): Promise<number> {
  const received: Uint8Array[] = [];
  const news = new Condition();
  const socket = await task.container.network.openUdp(0, (message) => {
    received.push(message);
    news.notify();
  });
  try {
    const address = await resolveHost(task, host);
    if (probe) await socket.send(new Uint8Array(0), address, port);
    if (verbose) await task.writeError(isBusybox(task) ? `${host} (${address}:${port}) open\n` : `Connection to ${host} (${address}) ${port} port [udp/*] succeeded!\n`);
    if (probe) return 0;
    let refused: unknown;
    const stop = new AbortController();
    const sending = (async (): Promise<void> => {
      for await (const chunk of chunksOf(task.stdin, AbortSignal.any([task.signal, stop.signal]))) await socket.send(chunk, address, port);
    })().catch((error: unknown) => {
      refused = error;
      news.notify();
    });
    try {
      for (;;) {
        const message = received.shift();
        if (message) await task.write(message);
        else if (refused !== undefined) throw asFailure(refused, address);
        else if (!(await somethingNew(task, news, patienceMs))) return 0;
      }
    } finally {
      stop.abort(new Error('done'));
      await sending;
    }
  } finally {
    socket.close();
  }
}

/** `nc -u -l PORT`: prints what comes; input goes to whoever spoke first. */
export async function ncUdpListen(task: Task, port: number, patienceMs: number | undefined): Promise<number> {
  const received: Array<readonly [Uint8Array, NetworkAddress]> = [];
  const news = new Condition();
  const socket = await task.container.network.openUdp(port, (message, from) => {
    received.push([message, from]);
    news.notify();
  }).catch((): never => {
    throw new CommandError('bind: Address already in use');
  });
  let peer: NetworkAddress | undefined;
  const answer = async ({ address, port: to }: NetworkAddress): Promise<void> => {
    for await (const chunk of chunksOf(task.stdin, task.signal)) await socket.send(chunk, address, to);
  };
  try {
    for (;;) {
      const next = received.shift();
      if (!next) {
        if (!(await somethingNew(task, news, peer ? patienceMs : undefined))) return 0;
        continue;
      }
      const [message, from] = next;
      if (!peer) {
        peer = from;
        answer(from).catch(() => {});
      }
      if (peer.address === from.address && peer.port === from.port) await task.write(message);
    }
  } finally {
    socket.close();
  }
}

/** False when nothing has come in time. */
async function somethingNew(task: Task, news: Condition, patienceMs: number | undefined): Promise<boolean> {
  const waited = new AbortController();
  const timer = patienceMs === undefined ? undefined : task.container.clock.after(patienceMs, () => waited.abort(new Error('timeout')));
  try {
    await abortable(news.wait(AbortSignal.any([task.signal, waited.signal])), task.signal);
    return true;
  } catch (error) {
    if (task.signal.aborted) throw error;
    return false;
  } finally {
    timer?.cancel();
  }
}
