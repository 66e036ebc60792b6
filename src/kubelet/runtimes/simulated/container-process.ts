import { Readable, Writable } from 'node:stream';
import type { Clock } from '../../../base/clock.js';
import type { FileSystem } from './file-system.js';
import type { ProcessNamespace, SimulatedProcess } from './processes.js';
import type { PodNetworkNamespace, ProgramProcess, ResourceUsage, Terminal } from './program.js';

/** Where a process gets its parts from; those that cost memory are made when the program first asks for them. */
export interface ProcessParts {
  readonly process: SimulatedProcess;
  readonly pids: ProcessNamespace;
  readonly argv: readonly string[];
  readonly env: () => Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly stdin: () => Readable;
  readonly stdout: () => Writable;
  readonly stderr: () => Writable;
  readonly terminal?: Terminal | undefined;
  readonly fs: () => FileSystem;
  readonly network: PodNetworkNamespace;
  readonly hostname: string;
  readonly clock: Clock;
  readonly restartCount: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly runsToCompletion?: boolean;
  readonly use: (process: object, usage: Partial<ResourceUsage>) => void;
}

/** A running command as its program sees it. An idle program that looks at nothing costs nearly nothing. */
export class ContainerProcess implements ProgramProcess {
  private madeEnv: Readonly<Record<string, string>> | undefined;
  private madeStdin: Readable | undefined;
  private madeStdout: Writable | undefined;
  private madeStderr: Writable | undefined;
  private abort: AbortController | undefined;
  private ended = false;

  constructor(private readonly parts: ProcessParts) {}

  get process(): SimulatedProcess {
    return this.parts.process;
  }

  get pids(): ProcessNamespace {
    return this.parts.pids;
  }

  get argv(): readonly string[] {
    return this.parts.argv;
  }

  get env(): Readonly<Record<string, string>> {
    return (this.madeEnv ??= this.parts.env());
  }

  get cwd(): string {
    return this.parts.cwd;
  }

  get stdin(): Readable {
    return (this.madeStdin ??= this.parts.stdin());
  }

  get stdout(): Writable {
    return (this.madeStdout ??= this.parts.stdout());
  }

  get stderr(): Writable {
    return (this.madeStderr ??= this.parts.stderr());
  }

  get terminal(): Terminal | undefined {
    return this.parts.terminal;
  }

  get fs(): FileSystem {
    return this.parts.fs();
  }

  get network(): PodNetworkNamespace {
    return this.parts.network;
  }

  get hostname(): string {
    return this.parts.hostname;
  }

  get clock(): Clock {
    return this.parts.clock;
  }

  get runsToCompletion(): boolean {
    return this.parts.runsToCompletion === true;
  }

  get restartCount(): number {
    return this.parts.restartCount;
  }

  get labels(): Readonly<Record<string, string>> {
    return this.parts.labels;
  }

  get signal(): AbortSignal {
    if (!this.abort) {
      this.abort = new AbortController();
      if (this.ended) this.abort.abort();
    }
    return this.abort.signal;
  }

  get onSignal(): ProgramProcess['onSignal'] {
    return (handler) => this.parts.pids.handle(this.parts.process.pid, handler);
  }

  get use(): ProgramProcess['use'] {
    return (usage) => {
      if (!this.ended) this.parts.use(this, usage);
    };
  }

  /** The process was killed. */
  kill(signal: string): void {
    this.ended = true;
    this.abort?.abort(new Error(`killed by ${signal}`));
  }
}

/** An input that has ended already, as /dev/null. */
export function emptyInput(): Readable {
  return Readable.from([]);
}

/** An output nobody reads. */
export function discardedOutput(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() });
}
