import { decodeYaml } from '../schema/yaml.js';
import { requestMatcher, traitsOf, type Pattern, type RequestPattern, type RequestTraits } from '../pipeline/match-request.js';
import type { ApiRequest, ApiResponse, Interceptor, RequestBody } from '../pipeline/request.js';
import type { Clock } from '../base/clock.js';

/** What a client asked, and how it was answered. */
export interface RecordedRequest {
  /** RFC 3339 with milliseconds, by the cluster's clock. */
  readonly time: string;
  readonly verb: string;
  readonly method: string;
  /** Path and query as they came. */
  readonly uri: string;
  readonly path: string;
  /** '' for paths that are no resource. */
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly user: string;
  readonly userAgent: string;
  /** The body as data where it was JSON or YAML, else its text; undefined where none was read. */
  readonly body: unknown;
  /** The HTTP code; undefined while the request has not been answered. */
  readonly status: number | undefined;
}

/** A pattern of requests, and how they were answered: `status: 201`, or '4*' for all of a kind. */
export interface RequestFilter extends RequestPattern {
  readonly status?: number | Pattern | undefined;
}

export interface JournalOptions {
  readonly clock: Clock;
  /** Requests that are kept, the newest ones. Default 10,000. */
  readonly maxRequests?: number | undefined;
  /** Bytes of bodies that are kept with them. Default 16 MiB. */
  readonly maxBytes?: number | undefined;
}

interface Kept {
  readonly traits: RequestTraits;
  readonly record: RecordedRequest & { status: number | undefined };
  sent?: RequestBody | undefined;
  bytes: number;
  evicted: boolean;
}

/** Keeps what clients have asked, within bounds. The cluster's own parts are no clients. */
export class Journal {
  private records: Kept[] = [];
  private head = 0;
  private bytes = 0;

  constructor(private readonly options: JournalOptions) {}

  /** In the order in which they came. */
  requests(filter: RequestFilter = {}): RecordedRequest[] {
    const { status, ...pattern } = filter;
    const matches = requestMatcher(pattern);
    const answered = status === undefined ? undefined : requestMatcher({ name: typeof status === 'number' ? String(status) : status });
    const found = this.records.slice(this.head).filter(({ traits, record }) => matches(traits) && (!answered || answered({ ...traits, name: String(record.status ?? '') })));
    return found.map(({ record }) => record);
  }

  clear(): void {
    for (const kept of this.records) kept.evicted = true;
    this.records = [];
    this.head = 0;
    this.bytes = 0;
  }

  readonly intercept: Interceptor = async (request, next) => {
    const { origin, info } = request;
    if (!origin || (!info.isResource && info.path.startsWith('/kubette/'))) return next(request);
    const kept = recordOf(request, new Date(this.options.clock.now()).toISOString());
    this.records.push(kept);
    const response = await next(request);
    kept.record.status = codeOf(response);
    if (!kept.evicted && request.sent) {
      kept.sent = request.sent;
      kept.bytes = 'bytes' in request.sent ? request.sent.bytes.length : 0;
      this.bytes += kept.bytes;
    }
    this.evict();
    return response;
  };

  private evict(): void {
    const { maxRequests = 10_000, maxBytes = 16 * 1024 * 1024 } = this.options;
    while (this.records.length - this.head > maxRequests || this.bytes > maxBytes) {
      const oldest = this.records[this.head++] as Kept;
      oldest.evicted = true;
      this.bytes -= oldest.bytes;
    }
    if (this.head > 1024 && this.head * 2 > this.records.length) {
      this.records = this.records.slice(this.head);
      this.head = 0;
    }
  }
}

/** A request under way: its body is decoded when somebody looks. */
function recordOf(request: ApiRequest, time: string): Kept {
  const { path, verb } = request.info;
  const { group, resource, subresource, namespace, name, user, userAgent } = traitsOf(request);
  const contentType = request.headers['content-type'] ?? '';
  const kept: Kept = {
    traits: traitsOf(request),
    bytes: 0,
    evicted: false,
    record: {
      time, verb, method: request.method, uri: request.origin?.uri ?? path, path, group, resource, subresource, namespace, name, user, userAgent,
      get body() {
        return decodeSent(kept.sent, contentType);
      },
      status: undefined,
    },
  };
  return kept;
}

function decodeSent(sent: RequestBody | undefined, contentType: string): unknown {
  if (!sent || 'object' in sent) return sent?.object;
  const { bytes } = sent;
  if (bytes.length === 0) return undefined;
  try {
    return contentType.includes('yaml') ? decodeYaml(bytes) : (JSON.parse(bytes.toString()) as unknown);
  } catch {
    return bytes.toString();
  }
}

/** The HTTP code of an answer, as far as it is known before it is sent. */
function codeOf(response: ApiResponse): number {
  if (response.type === 'connect') return response.connection.type === 'exec' || response.connection.type === 'port-forward' ? 101 : 200;
  return 'code' in response ? response.code : 200;
}
