/**
 * The cluster's time. Every timestamp, timer, back-off and TTL in kubette asks the injected clock,
 * so that a test can freeze and advance time. Only this folder may touch `Date.now` and raw timers.
 */
export interface Clock {
  /** Whole milliseconds since the epoch, by the cluster's time. */
  now(): number;
  /**
   * Runs `callback` once, `delayMs` of cluster time from now (negative counts as 0).
   * Timers never keep the process alive.
   */
  after(delayMs: number, callback: () => void): Timer;
  /** Monotonic milliseconds of real time, for measuring durations that must not follow a frozen clock. */
  monotonic(): number;
}

export interface Timer {
  /** Does nothing when the timer has fired or was cancelled before. */
  cancel(): void;
}

const MAX_DELAY_MS = 0x7fffffff;

export class SystemClock implements Clock {
  now(): number {
    return Date.now();
  }

  after(delayMs: number, callback: () => void): Timer {
    let handle: NodeJS.Timeout;
    const arm = (left: number): void => {
      // setTimeout overflows past 2^31 ms and would fire at once.
      const step = Math.min(left, MAX_DELAY_MS);
      handle = setTimeout(() => (left > step ? arm(left - step) : callback()), step);
      handle.unref();
    };
    arm(Math.max(0, delayMs));
    return { cancel: () => clearTimeout(handle) };
  }

  monotonic(): number {
    return performance.now();
  }
}

/** Resolves after `delayMs` of cluster time; rejects with the signal's reason when aborted. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const onAbort = (): void => {
      timer.cancel();
      reject(signal?.reason as Error);
    };
    const timer = clock.after(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
