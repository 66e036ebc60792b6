import type { KubeObject } from '../api/object.js';
import { formatMicroTime } from '../api/time.js';
import { SYSTEM_MASTERS } from '../api/user.js';
import type { Authorize } from '../authn/access.js';
import type { Clock } from '../base/clock.js';
import type { Ids } from '../base/ids.js';
import type { ApiRequest, ApiResponse, EncodedResponse, Interceptor, Pipeline } from '../pipeline/request.js';
import { bodyEncoding } from '../pipeline/negotiate.js';
import type { KindCatalogue } from '../registry/catalogue.js';
import { decodeBody } from '../schema/body.js';
import { decodeYaml } from '../schema/yaml.js';
import { eventLine, type EventParts } from './event.js';
import { evaluate, type Policy, type Stage, type Verdict } from './policy.js';

export interface AuditOptions {
  readonly policy: Policy;
  readonly write: (line: string) => void;
  readonly catalogue: KindCatalogue;
  readonly authorize: Authorize;
  readonly encode: Pipeline['encode'];
  readonly clock: Clock;
  readonly ids: Ids;
}

/** Logs what is asked of the API and how it is answered, by clients and by the cluster's own parts, as a policy says. */
export class Audit {
  constructor(private readonly options: AuditOptions) {}

  readonly intercept: Interceptor = async (request, next) => {
    const { policy, ids, clock } = this.options;
    const verdict = evaluate(policy, request.origin?.impersonator ?? request.user, request.info);
    if (verdict.level === 'None') return next(request);
    const parts: EventParts = { request, auditId: request.origin?.auditId ?? ids.uid(), level: verdict.level, receivedAt: formatMicroTime(clock.now()) };
    this.log(parts, verdict, 'RequestReceived');
    const response = await next(request);
    await this.answered(parts, verdict, response);
    if (!isLong(request)) {
      this.log(parts, verdict, 'ResponseComplete');
    } else {
      this.log(parts, verdict, 'ResponseStarted');
      const complete = (): void => this.log(parts, verdict, 'ResponseComplete');
      if (request.origin) request.origin.onClose(complete);
      else if (response.type === 'watch') request.signal.addEventListener('abort', complete, { once: true });
      else complete();
    }
    return response;
  };

  private log(parts: EventParts, { omitStages }: Verdict, stage: Stage): void {
    if (!omitStages.has(stage)) this.options.write(eventLine(parts, stage, formatMicroTime(this.options.clock.now())));
  }

  private async answered(parts: EventParts, verdict: Verdict, response: ApiResponse): Promise<void> {
    const { request } = parts;
    parts.response = response;
    parts.requestObject = withoutFields(this.requestObject(request), verdict.omitManagedFields);
    if (verdict.level === 'RequestResponse') parts.responseObject = this.responseObject(request, response, verdict.omitManagedFields);
    const decision = request.user.groups.includes(SYSTEM_MASTERS) ? { allowed: true, reason: '' } : await this.options.authorize(request.user, request.info);
    parts.annotations = { 'authorization.k8s.io/decision': decision.allowed ? 'allow' : 'forbid', 'authorization.k8s.io/reason': decision.reason ?? '' };
  }

  /** The body with its defaults, or a patch as it was sent; undefined for what cannot be decoded. */
  private requestObject({ sent, info, headers }: ApiRequest): Partial<KubeObject> | undefined {
    if (!sent || !info.isResource) return undefined;
    if ('object' in sent) return Object.keys(sent.object).length > 0 ? (sent.object as Partial<KubeObject>) : undefined;
    if (sent.bytes.length === 0) return undefined;
    try {
      if (info.verb === 'patch') return (headers['content-type']?.includes('yaml') ? decodeYaml(sent.bytes) : JSON.parse(sent.bytes.toString())) as Partial<KubeObject>;
      const kind = this.options.catalogue.resource(info.group, info.version, info.resource);
      const isObject = kind !== undefined && info.subresource === '' && info.verb !== 'delete' && info.verb !== 'deletecollection';
      const decoded = decodeBody(sent.bytes, bodyEncoding(headers['content-type']), isObject ? kind.gvk : undefined, false);
      if (!isObject) return decoded.raw as Partial<KubeObject>;
      const object = decoded.typed(kind.definition).object as unknown as KubeObject;
      kind.strategy.defaults?.(object);
      return object;
    } catch {
      return undefined;
    }
  }

  private responseObject(request: ApiRequest, response: ApiResponse, omitManagedFields: boolean): string | undefined {
    if (response.type === 'watch' || response.type === 'connect' || response.type === 'document') return undefined;
    const accept = (request.headers['accept'] ?? '').split(',').find((type) => type.includes('application/json')) ?? 'application/json';
    const asJson = Object.create(request, { headers: { value: { ...request.headers, accept } } }) as ApiRequest;
    let encoded: EncodedResponse;
    try {
      encoded = this.options.encode(asJson, response);
    } catch {
      return undefined;
    }
    const text = Symbol.iterator in encoded.body ? Buffer.concat([...encoded.body]).toString().trim() : undefined;
    return text !== undefined && omitManagedFields ? JSON.stringify(withoutFields(JSON.parse(text) as Partial<KubeObject>, true)) : text;
  }
}

function isLong({ info }: ApiRequest): boolean {
  return info.isResource && (info.verb === 'watch' || ['attach', 'exec', 'proxy', 'log', 'portforward'].includes(info.subresource));
}

function withoutFields(object: Partial<KubeObject> | undefined, omit: boolean): Partial<KubeObject> | undefined {
  if (!omit || !object) return object;
  const { items } = object as { items?: ReadonlyArray<Partial<KubeObject>> };
  const { managedFields: _, ...metadata } = object.metadata ?? {};
  return { ...object, ...(object.metadata ? { metadata: metadata as KubeObject['metadata'] } : {}), ...(items ? { items: items.map((item) => withoutFields(item, true)) } : {}) };
}
