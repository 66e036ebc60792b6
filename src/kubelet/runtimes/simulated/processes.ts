/**
 * Process tables of simulated pods: what `ps` shows, whom signals reach, who reaps orphans.
 */

export interface SimulatedProcess {
  readonly pid: number;
  /** Changes to 1 when the parent ends before it. */
  readonly parent: number;
  readonly argv: readonly string[];
  readonly user: string;
  /** Milliseconds since the epoch, by the cluster's clock. */
  readonly startedAt: number;
  readonly terminal: string | undefined;
  /** 'stopped' by SIGSTOP or Ctrl-Z until SIGCONT; once ended a 'zombie' until its parent has waited for it. */
  readonly state: 'running' | 'stopped' | 'zombie';
  /** Name of the container it belongs to ('' for pause). */
  readonly container: string;
}

export interface SpawnOptions {
  readonly argv: readonly string[];
  readonly parent: number;
  readonly container: string;
  readonly user?: string;
  readonly terminal?: string | undefined;
  /**
   * What a signal does. Returns true when the process handles it itself; false lets the default action run
   * (end the process for most signals). Never called for SIGKILL and SIGSTOP.
   */
  readonly onSignal?: (signal: string) => boolean;
  /** Called once when the process must end at once, with the signal that ends it. */
  readonly onKill: (signal: string) => void;
  /** Called when a signal stops the process and when one lets it go on; without it nothing stops the process. */
  readonly onStop?: (stopped: boolean) => void;
}

/**
 * One PID namespace: a container's own, or the pod's when `shareProcessNamespace` is true (then PID 1 is pause).
 * As in Linux, PID 1 gets no default action for signals from inside its namespace, orphans become its children,
 * and when it ends every process of the namespace is killed.
 */
export interface ProcessNamespace {
  spawn(options: SpawnOptions): SimulatedProcess;
  /** Marks a process as ended; it stays a zombie until `wait` or until PID 1 (pause) reaps it. */
  exit(pid: number, code: number): void;
  /** Takes the exit code of an ended child off the table. */
  wait(pid: number): number | undefined;
  /** Delivers a signal; false when there is no such process, which is all that 'SIG0' asks. Signals by the kubelet come with `fromOutside`. */
  kill(pid: number, signal: string, options?: { fromOutside?: boolean }): boolean;
  /** Replaces what signals do to a process: programs install their handlers after they have started. */
  handle(pid: number, onSignal: (signal: string) => boolean): void;
  /** Replaces a process's command line, as execve does. */
  exec(pid: number, argv: readonly string[]): void;
  list(): readonly SimulatedProcess[];
  get(pid: number): SimulatedProcess | undefined;
  /** The namespace's first process has PID 1; undefined before it starts. */
  readonly init: SimulatedProcess | undefined;
}
