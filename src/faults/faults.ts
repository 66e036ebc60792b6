import { conflict, expired } from '../api/errors.js';
import { milliseconds } from '../base/duration.js';
import { sleep, type Clock } from '../base/clock.js';
import type { Ids } from '../base/ids.js';
import { requestMatcher, traitsOf, type RequestTraits } from '../pipeline/match-request.js';
import type { ApiRequest, ApiResponse, Interceptor, WatchEvent } from '../pipeline/request.js';
import { errorFor, statusOf } from './effects.js';
import { checkRule, type FaultRule } from './rule.js';

/** A rule that is set. */
export interface Fault {
  readonly id: string;
  readonly rule: FaultRule;
  /** Requests that it has hit. */
  readonly hits: number;
  remove(): void;
}

export interface FaultsOptions {
  /** Real time: clients that wait know no other. */
  readonly clock: Clock;
  readonly ids: Ids;
  /** The newest revision. */
  readonly revision: () => number;
  /** Answers a read as it would have been answered at an older revision. */
  readonly readAt: (request: ApiRequest, revision: number, next: (request: ApiRequest) => Promise<ApiResponse>) => Promise<ApiResponse>;
  /** Requests of clients that are being answered, watches among them. */
  readonly open: () => Iterable<ApiRequest & { abort(reason: Error): void }>;
  /** Called with the first rule and without the last: nothing stands in the corridor while there are none. */
  readonly changed: (active: boolean) => void;
}

interface Active extends Fault {
  hits: number;
  readonly matches: (traits: RequestTraits) => boolean;
  /** The newest revision when the rule was set. */
  readonly since: number;
}

const WRITES = new Set(['update', 'patch']);
const READS = new Set(['get', 'list']);

/** Rules by which requests go wrong. The first rule that matches decides. */
export class Faults {
  private readonly rules = new Map<string, Active>();
  private made = 0;

  constructor(private readonly options: FaultsOptions) {}

  /** Sets a rule. Throws TypeError for what is no rule, or for an id in use. */
  add(rule: FaultRule): Fault {
    checkRule(rule);
    const id = rule.id ?? `fault-${++this.made}`;
    if (this.rules.has(id)) throw new TypeError(`there is a fault ${JSON.stringify(id)} already`);
    const fault: Active = { id, rule, hits: 0, matches: requestMatcher(rule), since: this.options.revision(), remove: () => void this.remove(id) };
    this.rules.set(id, fault);
    this.options.changed(true);
    if (rule.watch !== undefined) this.endOpenWatches(fault);
    return fault;
  }

  list(): Fault[] {
    return [...this.rules.values()];
  }

  /** Whether there was such a rule. */
  remove(id: string): boolean {
    const known = this.rules.delete(id);
    if (this.rules.size === 0) this.options.changed(false);
    return known;
  }

  clear(): void {
    this.rules.clear();
    this.options.changed(false);
  }

  readonly intercept: Interceptor = async (request, next) => {
    // Routes of kubette's own are how rules are taken away again.
    if (!request.info.isResource && request.info.path.startsWith('/kubette/')) return next(request);
    const fault = this.take(request);
    return fault ? this.apply(fault, request, next) : next(request);
  };

  /** The rule that hits this request; counts it. */
  private take(request: ApiRequest): Active | undefined {
    const traits = traitsOf(request);
    for (const fault of this.rules.values()) {
      const { rule } = fault;
      if ((!request.origin && !rule.residents) || !concerns(rule, request.info.verb) || !fault.matches(traits)) continue;
      if (rule.probability !== undefined && this.options.ids.integer(1_000_000) >= rule.probability * 1_000_000) continue;
      this.hit(fault);
      return fault;
    }
    return undefined;
  }

  private hit(fault: Active): void {
    fault.hits++;
    // A rule that has done its work stays in the hands of who has set it, and nowhere else.
    if (fault.rule.times !== undefined && fault.hits >= fault.rule.times) this.remove(fault.id);
  }

  private async apply({ rule, since }: Active, request: ApiRequest, next: (request: ApiRequest) => Promise<ApiResponse>): Promise<ApiResponse> {
    if (rule.latency !== undefined) await sleep(this.options.clock, milliseconds(rule.latency), request.signal).catch(() => {});
    if (rule.drop === true || rule.drop === 'before') return hangUp(request);
    if (rule.error !== undefined) return statusOf(errorFor(rule.error, request));
    if (rule.conflict && request.info.isResource) return statusOf(conflict(request.info, request.info.name));
    if (rule.watch !== undefined && request.info.verb === 'watch') return this.endedWatch(rule.watch, request, next);
    if (rule.stale !== undefined && rule.stale !== false) {
      const at = rule.stale === true ? since : this.options.revision() - rule.stale;
      return this.options.readAt(request, Math.max(1, at), next);
    }
    const response = await next(request);
    return rule.drop === 'after' ? hangUp(request) : response;
  }

  /** What is wrong with the request itself is said first: then there is no watch to end. */
  private async endedWatch(how: 'close' | 'gone', request: ApiRequest, next: (request: ApiRequest) => Promise<ApiResponse>): Promise<ApiResponse> {
    const response = await next(request);
    if (response.type !== 'watch') return response;
    const asked = request.query.get('resourceVersion') || '0';
    const status = expired(`too old resource version: ${asked} (${this.options.revision()})`).toStatus();
    const events: WatchEvent[][] = how === 'gone' ? [[{ type: 'ERROR', status }]] : [];
    return { ...response, events: iterate(events) };
  }

  private endOpenWatches(fault: Active): void {
    for (const request of [...this.options.open()]) {
      if (request.info.verb !== 'watch' || !fault.matches(traitsOf(request)) || !this.rules.has(fault.id)) continue;
      // The watch that follows an end is the one that is told 410.
      if (fault.rule.watch === 'close') this.hit(fault);
      request.abort(new Error('the watch was ended'));
    }
  }
}

/** A rule of reads does not touch writes, whatever it matches, and so on. */
function concerns(rule: FaultRule, verb: string): boolean {
  if (rule.watch !== undefined) return verb === 'watch';
  if (rule.conflict) return WRITES.has(verb);
  if (rule.stale !== undefined && rule.stale !== false) return READS.has(verb);
  return true;
}

/** Nobody is left to read the answer, unless a resident asked: to it the server looks gone. */
function hangUp(request: ApiRequest): ApiResponse {
  request.origin?.hangUp();
  return statusOf(errorFor({ code: 503, message: 'connection reset by peer' }, request));
}

async function* iterate<T>(values: readonly T[]): AsyncGenerator<T, void, undefined> {
  yield* values;
}
