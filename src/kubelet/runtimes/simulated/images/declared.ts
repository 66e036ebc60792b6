import type { Timer } from '../../../../base/clock.js';
import { sleep } from '../../../../base/clock.js';
import { expand } from '../../../env/expansion.js';
import type { Answer, ImageSpec } from '../declared-image.js';
import type { HttpHandler, ImageProgram, ProgramProcess } from '../program.js';
import { runInShell } from './shell.js';

/** The program of an image that is data (declared-image.ts). */
export function declaredProgram(spec: ImageSpec): ImageProgram {
  const { workingDir, user, entrypoint, cmd } = spec;
  return {
    config: {
      env: Object.fromEntries(spec.env),
      exposedPorts: [...spec.http.keys(), ...spec.tcp],
      ...(entrypoint ? { entrypoint } : {}), ...(cmd ? { cmd } : {}), ...(workingDir === undefined ? {} : { workingDir }), ...(user === undefined ? {} : { user }),
    },
    files: Object.fromEntries(spec.files),
    run: (process) => new Run(spec, process).done,
    exec: (process) => exec(spec, process),
  };
}

async function exec(spec: ImageSpec, process: ProgramProcess): Promise<number> {
  const line = process.argv.join(' ');
  const known = spec.exec.get(line) ?? [...spec.exec].find(([pattern]) => pattern.includes('*') && wildcard(pattern).test(line))?.[1];
  if (!known) return runInShell(process);
  process.stdout.write(said(process, known.stdout));
  process.stderr.write(said(process, known.stderr));
  return known.code;
}

/** A pattern in which `*` stands for any text. */
function wildcard(pattern: string): RegExp {
  return new RegExp(`^${pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&')).join('.*')}$`, 's');
}

/** A text with the variables it names, and NOW, DATE and TIME. */
function expanded(process: ProgramProcess, text: string): string {
  return expand(text, (name) => (Object.hasOwn(process.env, name) ? process.env[name] : timeOf(name, process)));
}

function timeOf(name: string, { clock }: ProgramProcess): string | undefined {
  if (name !== 'NOW' && name !== 'DATE' && name !== 'TIME') return undefined;
  const now = new Date(clock.now()).toISOString();
  return name === 'NOW' ? now : name === 'DATE' ? now.slice(0, 10) : now.slice(11, 23);
}

/** A text that ends with a newline, unless it is empty. */
function said(process: ProgramProcess, text: string): string {
  return text === '' || text.endsWith('\n') ? expanded(process, text) : `${expanded(process, text)}\n`;
}

/** One run of a declared program, from its start to its end. */
class Run {
  readonly done: Promise<number>;
  private readonly timers = new Set<Timer>();
  private readonly listeners: Array<{ close(): void }> = [];
  private end: (code: number) => void = () => {};
  private ended = false;

  constructor(
    private readonly spec: ImageSpec,
    private readonly process: ProgramProcess,
  ) {
    this.done = new Promise((resolve) => {
      this.end = (code) => {
        if (this.ended) return;
        this.ended = true;
        for (const timer of this.timers) timer.cancel();
        for (const listener of this.listeners) listener.close();
        resolve(code);
      };
    });
    process.onSignal((signal) => this.signalled(signal));
    process.signal.addEventListener('abort', () => this.end(137), { once: true });
    this.after(spec.startDelayMs, () => void this.start());
  }

  private async start(): Promise<void> {
    const { spec, process } = this;
    const { needsEnv } = spec;
    if (needsEnv && !needsEnv.anyOf.some((name) => process.env[name])) {
      process.stderr.write(said(process, needsEnv.log));
      return this.end(needsEnv.code);
    }
    for (const { atMs, cpuCores, memoryBytes } of spec.usage) {
      this.after(atMs, () => process.use({ ...(cpuCores === undefined ? {} : { cpuCores }), ...(memoryBytes === undefined ? {} : { memoryBytes }) }));
    }
    for (const line of spec.log) this.after(line.atMs, () => this.log(line, line.times));
    const { crash, exit } = spec;
    if (crash?.starts.includes(process.restartCount + 1)) {
      this.after(crash.afterMs, () => {
        process.stderr.write(said(process, crash.log));
        this.end(crash.code);
      });
    }
    if (exit) this.after(exit.afterMs, () => this.end(exit.code));
    if (this.ended) return;
    try {
      for (const [port, answers] of spec.http) this.open(await process.network.listenHttp(port, this.handler(answers)));
      for (const port of spec.udp) this.open(await process.network.openUdp(port, () => {}));
      for (const port of spec.tcp) this.open(await process.network.listen(port, (stream) => void stream.resume().once('end', () => stream.end())));
    } catch (error) {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
      this.end(1);
    }
  }

  private open(listener: { close(): void }): void {
    if (this.ended) listener.close();
    else this.listeners.push(listener);
  }

  private log(line: ImageSpec['log'][number], left: number): void {
    this.process[line.stream].write(said(this.process, line.text));
    if (line.everyMs !== undefined && left > 1) this.after(line.everyMs, () => this.log(line, left - 1));
  }

  private handler(answers: ReadonlyMap<string, Answer>): HttpHandler {
    const { process } = this;
    return async (request, response) => {
      const path = (request.url ?? '/').split('?')[0] ?? '/';
      const found = answers.get(path) ?? answers.get('*') ?? { status: 404, body: '404 page not found\n', headers: new Map<string, string>(), delayMs: 0 };
      if (found.delayMs > 0) await sleep(process.clock, found.delayMs, process.signal).catch(() => {});
      const body = expanded(process, found.body);
      response.writeHead(found.status, { 'content-type': 'text/plain; charset=utf-8', ...Object.fromEntries([...found.headers].map(([name, value]) => [name.toLowerCase(), expanded(process, value)])) });
      response.end(request.method === 'HEAD' ? undefined : body);
    };
  }

  private signalled(signal: string): boolean {
    if (signal !== 'SIGTERM' && signal !== 'SIGINT') return false;
    const { stop } = this.spec;
    if (!stop.ignore) this.after(stop.afterMs, () => this.end(stop.code));
    return true;
  }

  /** At once when there is nothing to wait for. */
  private after(ms: number, work: () => void): void {
    if (this.ended) return;
    if (ms === 0) return work();
    const timer = this.process.clock.after(ms, () => {
      this.timers.delete(timer);
      if (!this.ended) work();
    });
    this.timers.add(timer);
  }
}
