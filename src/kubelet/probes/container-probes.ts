import type { Container, Probe } from '../../api/types/core-v1.js';
import type { Timer } from '../../base/clock.js';
import { runProbe, type ProbeMeans, type ProbeTarget } from './run-probe.js';

export type ProbeKind = 'startup' | 'liveness' | 'readiness';
export type Verdict = 'success' | 'failure' | 'unknown';

const TITLES: Readonly<Record<ProbeKind, string>> = { startup: 'Startup', liveness: 'Liveness', readiness: 'Readiness' };
const FIELDS = { startup: 'startupProbe', liveness: 'livenessProbe', readiness: 'readinessProbe' } as const;
const INITIAL: Readonly<Record<ProbeKind, Verdict>> = { startup: 'unknown', liveness: 'success', readiness: 'failure' };
/** How often a probe that cannot be tried is tried anew before it is told. */
const ATTEMPTS = 3;

export interface ContainerProbesOptions {
  readonly target: ProbeTarget;
  readonly means: ProbeMeans;
  /** When the container started, in milliseconds since the epoch. */
  readonly startedAt: number;
  /** A probe's verdict has changed. */
  readonly onVerdict: (kind: ProbeKind) => void;
  readonly report: (reason: 'Unhealthy' | 'ProbeWarning', message: string) => void;
}

/** Whether a container has any probe at all; one without needs no {@link ContainerProbes}. */
export function hasProbes(container: Container): boolean {
  return container.startupProbe !== undefined || container.livenessProbe !== undefined || container.readinessProbe !== undefined;
}

/**
 * The probes of one running container (https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#container-probes).
 * The others wait until the startup probe has succeeded.
 */
export class ContainerProbes {
  private readonly loops = new Map<ProbeKind, ProbeLoop>();

  constructor(options: ContainerProbesOptions) {
    const { container } = options.target;
    for (const kind of ['startup', 'liveness', 'readiness'] as const) {
      const probe = container[FIELDS[kind]];
      if (probe) this.loops.set(kind, new ProbeLoop(kind, probe, options, (verdict) => this.judged(kind, verdict, options)));
    }
  }

  start(): void {
    const startup = this.loops.get('startup');
    if (startup) startup.start();
    else for (const loop of this.loops.values()) loop.start();
  }

  /** What a probe has found; without such a probe all is well. */
  verdict(kind: ProbeKind): Verdict {
    return this.loops.get(kind)?.verdict ?? 'success';
  }

  /** The pod is being stopped: only readiness is of interest still. */
  stopLivenessAndStartup(): void {
    this.loops.get('startup')?.stop();
    this.loops.get('liveness')?.stop();
  }

  stop(): void {
    for (const loop of this.loops.values()) loop.stop();
  }

  private judged(kind: ProbeKind, verdict: Verdict, options: ContainerProbesOptions): void {
    if (kind === 'startup' && verdict === 'success') for (const [other, loop] of this.loops) if (other !== 'startup') loop.start();
    options.onVerdict(kind);
  }
}

class ProbeLoop {
  verdict: Verdict;
  private timer: Timer | undefined;
  private stopped = false;
  private last: 'success' | 'failure' | undefined;
  private run = 0;

  constructor(
    private readonly kind: ProbeKind,
    private readonly probe: Probe,
    private readonly options: ContainerProbesOptions,
    private readonly onVerdict: (verdict: Verdict) => void,
  ) {
    this.verdict = INITIAL[kind];
  }

  start(): void {
    const { means, startedAt } = this.options;
    const earliest = startedAt + (this.probe.initialDelaySeconds ?? 0) * 1000;
    const wait = earliest - means.clock.now();
    if (wait > 0) this.schedule(wait);
    else void this.tick();
  }

  stop(): void {
    this.stopped = true;
    this.timer?.cancel();
  }

  private schedule(delayMs: number): void {
    if (!this.stopped) this.timer = this.options.means.clock.after(delayMs, () => void this.tick());
  }

  private async tick(): Promise<void> {
    const { clock } = this.options.means;
    const startedAt = clock.now();
    const result = await this.attempt();
    if (this.stopped) return;
    if (result) this.count(result);
    // A container that failed its liveness or startup probe is restarted; its probes end with it.
    const done = (this.kind === 'liveness' && this.verdict === 'failure') || (this.kind === 'startup' && this.verdict !== 'unknown');
    if (!done) this.schedule((this.probe.periodSeconds ?? 10) * 1000 - (clock.now() - startedAt));
  }

  private count(result: 'success' | 'failure'): void {
    if (this.last === result) this.run++;
    else [this.last, this.run] = [result, 1];
    const threshold = result === 'success' ? (this.probe.successThreshold ?? 1) : (this.probe.failureThreshold ?? 3);
    if (this.run < threshold || this.verdict === result) return;
    this.verdict = result;
    this.onVerdict(result);
  }

  private async attempt(): Promise<'success' | 'failure' | undefined> {
    const { target, means, report } = this.options;
    const title = TITLES[this.kind];
    let failure: unknown;
    for (let i = 0; i < ATTEMPTS && !this.stopped; i++) {
      try {
        const { result, output } = await runProbe(this.probe, target, means);
        if (this.stopped) return undefined;
        if (result === 'warning') report('ProbeWarning', `${title} probe warning: ${output}`);
        if (result === 'failure') report('Unhealthy', `${title} probe failed: ${output}`);
        return result === 'failure' ? 'failure' : 'success';
      } catch (error) {
        failure = error;
      }
    }
    if (!this.stopped) report('Unhealthy', `${title} probe errored and resulted in unknown state: ${failure instanceof Error ? failure.message : String(failure)}`);
    return undefined;
  }
}
