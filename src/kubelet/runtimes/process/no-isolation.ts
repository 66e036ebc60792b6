import { mkdirSync, rmSync, symlinkSync, writeFileSync, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { PodSandboxConfig } from '../../runtime.js';
import { becomeCommand } from './container-script.js';
import { findTool, TOOL_PATH } from './host-tools.js';
import type { ContainerPlan, IsolatedSandbox, Isolation, Launch, ProcessView } from './isolation.js';
import { connectInside } from './local-dialer.js';
import { withTerminal, type TerminalRequest } from './pseudo-terminal.js';

/** The variable that tells a plain process where its container's mounts are. */
const ROOT_VARIABLE = 'KUBETTE_ROOT';

/**
 * Containers as plain processes of the host, where it has no namespaces to give (macOS, a locked-down kernel). They share
 * the host's network, files and processes: two pods can't listen on one port, and what a pod mounts at /data is found
 * at `$KUBETTE_ROOT/data`.
 */
export class NoIsolation implements Isolation {
  readonly kind = 'none';

  constructor(readonly obstacle: string) {}

  openSandbox(_config: PodSandboxConfig, ip: string): Promise<IsolatedSandbox> {
    const connect = (port: number): ReturnType<IsolatedSandbox['connectLocal']> => connectInside(undefined, port, '127.0.0.1');
    return Promise.resolve({ ip, pause: undefined, connect, connectLocal: connect, close: () => Promise.resolve() });
  }

  main(_sandbox: IsolatedSandbox, _view: ProcessView, plan: ContainerPlan, terminal?: TerminalRequest): Launch {
    const root = join(plan.folder, 'root');
    const link = (source: string, path: string): void => {
      const at = join(root, path);
      mkdirSync(dirname(at), { recursive: true });
      rmSync(at, { force: true });
      symlinkSync(source, at);
    };
    for (const { source, path } of plan.mounts) link(source, path);
    link(join(plan.folder, 'termination-log'), plan.config.terminationMessagePath);
    const script = join(plan.folder, 'start.sh');
    writeFileSync(script, becomeCommand({ ...plan, workingDir: folderOf(plan), env: environment(plan, plan.env), user: { uid: 0, gid: 0 } }).join('\n'), { mode: 0o700 });
    return launch([findTool('sh') ?? 'sh', script], { PATH: TOOL_PATH }, terminal);
  }

  enter(): Promise<void> {
    return Promise.resolve();
  }

  exec(_pid: number, plan: ContainerPlan, command: readonly string[], env: ReadonlyArray<readonly [string, string]>, terminal?: TerminalRequest): Launch {
    const values = Object.fromEntries(environment(plan, env));
    return { ...launch([findTool('env') ?? 'env', ...command], values, terminal), cwd: folderOf(plan) };
  }

  removeFolder(folder: string): Promise<void> {
    rmSync(folder, { recursive: true, force: true });
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function launch(argv: readonly string[], env: Readonly<Record<string, string>>, terminal: TerminalRequest | undefined): Launch {
  const [file = '', ...args] = terminal ? withTerminal(argv, terminal, env['SHELL']) : argv;
  return { file, args, env, depth: terminal ? 1 : 0 };
}

function environment(plan: ContainerPlan, env: ReadonlyArray<readonly [string, string]>): ReadonlyArray<readonly [string, string]> {
  return [...env.map(([name, value]) => (name === 'PATH' ? ([name, `${value}:${TOOL_PATH}`] as const) : ([name, value] as const))), [ROOT_VARIABLE, join(plan.folder, 'root')]];
}

/** The container's working folder: among its mounts, else the host's folder of that name. */
function folderOf({ folder, workingDir }: ContainerPlan): string {
  const mounted = join(folder, 'root', workingDir);
  if (workingDir !== '/' && existsSync(mounted)) return mounted;
  return existsSync(workingDir) ? workingDir : join(folder, 'root');
}
