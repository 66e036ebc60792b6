import { milliseconds, type Duration } from '../base/duration.js';
import { PATTERN_FIELDS, type RequestPattern } from '../pipeline/match-request.js';


/** What goes wrong. A delay may go together with one of the others. */
export interface FaultEffect {
  /** An HTTP code with Kubernetes' reason for it, or a Status of one's own. */
  readonly error?: number | FaultError | undefined;
  /** Real time that passes before anything else happens. */
  readonly latency?: Duration | undefined;
  /** The connection ends without an answer: `before` (or true) nothing is done, `after` everything but the answer is. */
  readonly drop?: boolean | 'before' | 'after' | undefined;
  /** Watches, also those that are open: `close` ends them, `gone` answers with 410, after which informers list again. */
  readonly watch?: 'close' | 'gone' | undefined;
  /** Reads show the state of the moment when the rule was set (true), or of so many writes ago. */
  readonly stale?: boolean | number | undefined;
  /** Writes meet a 409, as if somebody else had been faster. */
  readonly conflict?: boolean | undefined;
}

export interface FaultError {
  readonly code: number;
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
  /** Sent as Retry-After; clients that see it try again by themselves and tell nobody. */
  readonly retryAfterSeconds?: number | undefined;
}

export interface FaultRule extends RequestPattern, FaultEffect {
  /** How to name the rule when it is taken away; `fault-N` unless said otherwise. */
  readonly id?: string | undefined;
  /** After so many requests the rule has done its work. No bound unless said otherwise. */
  readonly times?: number | undefined;
  /** From 0 to 1: how likely a request that matches is hit. */
  readonly probability?: number | undefined;
  /** Also the cluster's own controllers, scheduler and kubelets; a rule spares them unless it says so. */
  readonly residents?: boolean | undefined;
}

const EFFECTS = ['error', 'latency', 'drop', 'watch', 'stale', 'conflict'] as const;
const OTHERS = ['id', 'times', 'probability', 'residents'] as const;
const KNOWN: ReadonlySet<string> = new Set([...PATTERN_FIELDS, ...EFFECTS, ...OTHERS]);

/** Throws TypeError, in one sentence, for what is no rule: rules also come from JSON and from the command line. */
export function checkRule(rule: FaultRule): void {
  if (typeof rule !== 'object' || rule === null || Array.isArray(rule)) throw new TypeError('a fault is an object');
  const unknown = Object.keys(rule).find((key) => !KNOWN.has(key));
  if (unknown !== undefined) throw new TypeError(`a fault has no field ${JSON.stringify(unknown)}: there are ${[...KNOWN].join(', ')}`);
  if (!EFFECTS.some((effect) => rule[effect] !== undefined && rule[effect] !== false)) throw new TypeError(`a fault needs one of ${EFFECTS.join(', ')}`);
  for (const field of PATTERN_FIELDS) {
    const pattern = rule[field];
    const values: readonly unknown[] = Array.isArray(pattern) ? pattern : pattern === undefined ? [] : [pattern];
    if (values.some((value) => typeof value !== 'string')) throw new TypeError(`${field} of a fault must be a text or a list of texts`);
  }
  if (rule.latency !== undefined && milliseconds(rule.latency, 'latency of a fault') < 0) throw new TypeError('latency of a fault must not be negative');
  const code = typeof rule.error === 'object' ? rule.error.code : rule.error;
  if (code !== undefined && !(Number.isInteger(code) && code >= 400 && code <= 599)) throw new TypeError('error of a fault must be an HTTP code from 400 to 599');
  if (rule.times !== undefined && !(Number.isInteger(rule.times) && rule.times > 0)) throw new TypeError('times of a fault must be a whole number above 0');
  if (rule.probability !== undefined && !(rule.probability >= 0 && rule.probability <= 1)) throw new TypeError('probability of a fault must be a number from 0 to 1');
  if (rule.watch !== undefined && rule.watch !== 'close' && rule.watch !== 'gone') throw new TypeError("watch of a fault must be 'close' or 'gone'");
  if (rule.drop !== undefined && ![true, false, 'before', 'after'].includes(rule.drop)) throw new TypeError("drop of a fault must be true, 'before' or 'after'");
  if (typeof rule.stale === 'number' && !(Number.isInteger(rule.stale) && rule.stale > 0)) throw new TypeError('stale of a fault must be true or a number of writes');
}
