import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { NetworkError } from '../../network/errors.js';
import { RuntimeError, type PodSandboxConfig } from '../../runtime.js';
import { containerScript, OLD_ROOT } from './container-script.js';
import { findTool, TOOL_PATH } from './host-tools.js';
import type { ContainerPlan, IsolatedSandbox, Isolation, Launch, ProcessView } from './isolation.js';
import { connectInside } from './local-dialer.js';
import { run, type PodGateway } from './pod-gateway.js';
import { descendant } from './process-tree.js';
import { withTerminal, type TerminalRequest } from './pseudo-terminal.js';
import { commandLine, isShellName } from './shell-text.js';

/** The process that holds a pod's namespaces: it waits, and takes over what others leave behind. */
const PAUSE = `#!/bin/sh
trap 'exit 0' TERM INT
while :; do sleep 86400 & wait $!; done
`;

/**
 * Containers in Linux namespaces, as an ordinary user: each pod has user, network, IPC, UTS and PID namespaces that its
 * pause process holds, each container PID and mount namespaces below them. Made by util-linux' tools; no daemon, no root.
 */
export class NamespaceIsolation implements Isolation {
  readonly kind = 'namespaces';

  constructor(private readonly gateway: PodGateway) {}

  async openSandbox(config: PodSandboxConfig, ip: string, folder: string): Promise<IsolatedSandbox> {
    const gateway = await this.gateway.start();
    const pauseFile = join(folder, 'pause');
    writeFileSync(pauseFile, PAUSE, { mode: 0o755 });
    const own = ['--ipc', '--uts', ...(config.hostNetwork ? [] : ['--net'])];
    const child = spawn(
      path('nsenter'),
      [
        // A pod on the host's network stays out of the pods' one.
        ...target(gateway, ['--user', '--pid']), path('unshare'), '--user', '--map-root-user', ...own, '--pid', '--mount', '--fork', '--mount-proc', '--kill-child', '--',
        path('sh'), '-c', `hostname ${commandLine([config.hostname])} 2>/dev/null; echo ready; exec ${commandLine([path('sh'), pauseFile])} >/dev/null 2>&1`,
      ],
      { stdio: ['ignore', 'pipe', 'pipe'], detached: true, env: { PATH: TOOL_PATH } },
    );
    child.unref();
    await ready(child);
    const pause = descendant(child.pid ?? 0, 2);
    if (pause === undefined) throw new RuntimeError('the pause process of the sandbox has ended');
    if (!config.hostNetwork) await this.gateway.plug(pause, ip);
    return {
      ip,
      pause,
      connect: (port, signal) => (config.hostNetwork ? connectInside(undefined, port, ip) : this.gateway.connect(ip, port, signal)),
      connectLocal: async (port) => {
        if (config.hostNetwork) return connectInside(undefined, port, '127.0.0.1');
        try {
          return await this.gateway.connect(ip, port);
        } catch (error) {
          // It may listen on localhost alone, where only a process inside can reach it.
          if (!(error instanceof NetworkError) || error.code !== 'ECONNREFUSED') throw error;
          return connectInside(target(pause, ['--user', '--net']), port, '127.0.0.1');
        }
      },
      close: () => {
        const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
        if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
        process.kill(pause, 'SIGKILL');
        return ended;
      },
    };
  }

  main({ pause }: IsolatedSandbox, view: ProcessView, plan: ContainerPlan, terminal?: TerminalRequest): Launch {
    const file = join(plan.folder, 'start.sh');
    writeFileSync(file, containerScript(plan), { mode: 0o700 });
    const own = ['--mount', ...(view === 'own' ? ['--pid', '--fork', '--kill-child'] : [])];
    const pids = typeof view === 'string' ? ['--pid'] : [];
    // The user namespace is the pod's: one that a container's user has for himself could make no mounts.
    const joined = typeof view === 'string' ? [] : [path('nsenter'), ...target(view.of, ['--pid'])];
    const script = [path('sh'), file];
    return {
      file: path('nsenter'),
      // A terminal belongs to a session, and a shell looks for it in its own PID namespace: so it is opened in there.
      args: [...target(pause, ['--user', '--net', '--ipc', '--uts', ...pids]), ...joined, path('unshare'), ...own, '--', ...(terminal ? withTerminal(script, terminal, undefined) : script)],
      env: { PATH: TOOL_PATH },
      depth: view === 'own' ? 2 : 1,
    };
  }

  async enter(pid: number): Promise<void> {
    const script = 'umount -l / && rmdir .' + OLD_ROOT;
    await run(path('nsenter'), [`--target=${pid}`, '--user', '--mount', '--preserve-credentials', `--root=/proc/${pid}/root${OLD_ROOT}`, `--wd=/proc/${pid}/root`, '--', path('sh'), '-c', script]);
  }

  exec(pid: number, { workingDir }: ContainerPlan, command: readonly string[], env: ReadonlyArray<readonly [string, string]>, terminal?: TerminalRequest): Launch {
    const odd = env.some(([name]) => !isShellName(name));
    const wanted = [...(odd ? ['env', ...env.map(([name, value]) => `${name}=${value}`)] : []), ...command];
    // The mount namespace comes last: tools of the host are not found in it.
    const inside = [path('nsenter'), `--target=${pid}`, '--mount', '--preserve-credentials', `--wdns=${workingDir}`, '--', ...wanted];
    const values = Object.fromEntries(env);
    return {
      file: path('nsenter'),
      args: [...target(pid, ['--user', '--net', '--ipc', '--uts', '--pid']), ...(terminal ? withTerminal(inside, terminal, values['SHELL']) : inside)],
      env: values,
      depth: terminal ? 2 : 1,
    };
  }

  async removeFolder(folder: string): Promise<void> {
    // Overlay file systems leave folders behind that only root may look into, be it one of a user namespace.
    await run(path('unshare'), ['--user', '--map-root-user', '--', path('rm'), '-rf', '--', folder]);
  }

  close(): Promise<void> {
    return this.gateway.close();
  }
}

/** nsenter's arguments for some namespaces of a process, up to the command. */
function target(pid: number | undefined, namespaces: readonly string[]): string[] {
  if (pid === undefined) throw new RuntimeError('the sandbox is gone', 'NotRunning');
  return [`--target=${pid}`, ...namespaces, '--preserve-credentials', '--'];
}

function path(tool: string): string {
  const found = findTool(tool);
  if (found === undefined) throw new RuntimeError(`this host has no ${tool}`);
  return found;
}

async function ready(child: ChildProcessByStdio<null, Readable, Readable>): Promise<void> {
  let complaints = '';
  const fail = (): RuntimeError => new RuntimeError(`failed to create the pod's sandbox: ${complaints.trim()}`);
  await new Promise<void>((resolve, reject) => {
    child.once('error', (error) => {
      complaints = error.message;
      reject(fail());
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
    child.stdout.once('data', () => resolve());
    child.once('close', () => reject(fail()));
  });
}
