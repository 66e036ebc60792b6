import type { ClusterNetwork } from '../../api/streams.js';
import type { Secret } from '../../api/types/core-v1.js';
import type { Ingress, IngressClass, IngressLoadBalancerIngress } from '../../api/types/networking-v1.js';
import { deepEqual } from '../../base/freeze.js';
import type { Controller, ControllerContext, ReconcileResult } from '../../client/controller.js';
import { keyOf } from '../../client/informer.js';
import { ignoring } from '../shared/ignoring.js';
import { ListenError } from '../shared/listen-error.js';
import { Certificates, type CertificateMaker } from './certificates.js';
import { CLASSES, isServed } from './classes.js';
import { Endpoints } from './endpoints.js';
import { Proxy } from './proxy.js';
import { Routes } from './routes.js';

const INGRESSES = { group: 'networking.k8s.io', version: 'v1', resource: 'ingresses' };
const INGRESS_CLASSES = { group: 'networking.k8s.io', version: 'v1', resource: 'ingressclasses' };
const SECRETS = { group: '', version: 'v1', resource: 'secrets' };
const CLASSES_KEY = 'classes';
const PROXY_KEY = 'proxy';
/** Where the proxy listens unless told otherwise: the first of these that is to be had. */
const HTTP_PORTS = [80, 8080, 0];
const HTTPS_PORTS = [443, 8443, 0];
const FIRST_RETRY_MS = 5000;
const MAX_RETRY_MS = 300_000;

export interface IngressOptions {
  readonly network: ClusterNetwork;
  readonly makeCertificate: CertificateMaker;
  /** Ports of localhost, 0 for any free one; where left out 80 or 8080 and 443 or 8443, and free ones if they are taken. */
  readonly httpPort?: number | undefined;
  readonly httpsPort?: number | undefined;
}

/**
 * The ingress controller of a cluster: a reverse proxy on localhost for all Ingresses of its classes. It listens only
 * while there is one.
 */
export function ingressController(options: IngressOptions): Controller {
  return new IngressController(options);
}

interface Running {
  readonly proxy: Proxy;
  readonly httpPort: number;
  readonly httpsPort: number;
}

class IngressController implements Controller {
  readonly name = 'ingress-controller';
  // One proxy for all: there is nothing to do side by side.
  readonly workers = 1;
  private context!: ControllerContext;
  private running: Running | undefined;
  private routes: Routes | undefined;
  /** Ingresses whose status names the proxy. */
  private readonly served = new Set<string>();
  private retryMs = 0;

  constructor(private readonly options: IngressOptions) {}

  setUp(context: ControllerContext): void {
    this.context = context;
    const changed = (): void => {
      this.routes = undefined;
      context.enqueue(PROXY_KEY);
    };
    const handler = { onAdd: changed, onUpdate: changed, onDelete: changed };
    context.informers.for<Ingress>(INGRESSES).addHandler(handler);
    context.informers.for<IngressClass>(INGRESS_CLASSES).addHandler(handler);
    context.enqueue(CLASSES_KEY);
  }

  async reconcile(key: string): Promise<ReconcileResult | void> {
    if (key === CLASSES_KEY) return this.makeClasses();
    const ingresses = this.ingresses();
    if (ingresses.length === 0) await this.close();
    else {
      try {
        this.running ??= await this.open();
        this.retryMs = 0;
      } catch (error) {
        if (!(error instanceof ListenError)) throw error;
        for (const ingress of ingresses) this.context.events.record(ingress, 'Warning', 'ListenFailed', `Error starting the ingress proxy: ${error.message}`);
        this.retryMs = Math.min(Math.max(this.retryMs * 2, FIRST_RETRY_MS), MAX_RETRY_MS);
        return { requeueAfterMs: this.retryMs };
      }
      for (const ingress of ingresses) await this.announce(ingress, this.running);
    }
    await this.withdraw(new Set(ingresses.map(keyOf)));
    return undefined;
  }

  stop(): Promise<void> {
    return this.close();
  }

  private ingresses(): Ingress[] {
    const classes = this.context.informers.for<IngressClass>(INGRESS_CLASSES);
    return this.context.informers.for<Ingress>(INGRESSES).list().filter((ingress) => isServed(ingress, (name) => classes.get(name)));
  }

  /** Made at the start of a cluster that has none: who deletes one or makes another the default means it. */
  private async makeClasses(): Promise<void> {
    const classes = this.context.informers.for<IngressClass>(INGRESS_CLASSES);
    if (classes.list().length > 0) return;
    for (const one of CLASSES) await ignoring('AlreadyExists', this.context.client.resource<IngressClass>(INGRESS_CLASSES).create(one));
  }

  private async open(): Promise<Running> {
    const { informers, logger } = this.context;
    const { network, makeCertificate, httpPort, httpsPort } = this.options;
    const endpoints = new Endpoints(informers);
    const secrets = informers.for<Secret>(SECRETS);
    await secrets.synced;
    const certificates = new Certificates(secrets, makeCertificate, (secret, error) => logger.warn({ err: error, secret }, 'the Secret holds no certificate that can be served'));
    const proxy = new Proxy({
      network,
      resolve: (host, path) => {
        const backend = this.currentRoutes().match(host, path);
        return backend && endpoints.of(backend);
      },
      certificate: (name) => certificates.of(name, this.currentRoutes()),
      fallback: certificates.fallback,
    });
    try {
      const http = await proxy.listen('http', httpPort === undefined ? HTTP_PORTS : [httpPort]);
      return { proxy, httpPort: http, httpsPort: await proxy.listen('https', httpsPort === undefined ? HTTPS_PORTS : [httpsPort]) };
    } catch (error) {
      await proxy.close();
      throw error;
    }
  }

  private currentRoutes(): Routes {
    return (this.routes ??= new Routes(this.ingresses()));
  }

  private async close(): Promise<void> {
    const { running } = this;
    this.running = undefined;
    await running?.proxy.close();
  }

  /** Says in an Ingress's status and events where it is to be reached. */
  private async announce(ingress: Ingress, { httpPort, httpsPort }: Running): Promise<void> {
    const key = keyOf(ingress);
    const isNew = !this.served.has(key);
    this.served.add(key);
    await this.writeStatus(ingress, [
      {
        hostname: 'localhost',
        ports: [httpPort, httpsPort].map((port) => ({ port, protocol: 'TCP' })),
      },
    ]);
    if (isNew) this.context.events.record(ingress, 'Normal', 'Listening', `Reachable at ${address('http', httpPort, 80)} and ${address('https', httpsPort, 443)}`);
  }

  /** Takes back what was said of Ingresses that are somebody else's now. */
  private async withdraw(current: ReadonlySet<string>): Promise<void> {
    for (const key of this.served) {
      if (current.has(key)) continue;
      this.served.delete(key);
      const [namespace, name] = key.split('/') as [string, string];
      const ingress = this.context.informers.for<Ingress>(INGRESSES).get(name, namespace);
      if (ingress) await this.writeStatus(ingress, undefined);
    }
  }

  private async writeStatus(ingress: Ingress, addresses: IngressLoadBalancerIngress[] | undefined): Promise<void> {
    if (deepEqual(ingress.status?.loadBalancer?.ingress, addresses)) return;
    const loadBalancer = addresses ? { ingress: addresses } : {};
    await ignoring('NotFound', this.context.client.resource<Ingress>(INGRESSES).updateSubresource({ ...ingress, status: { ...ingress.status, loadBalancer } }, 'status'));
  }
}

function address(scheme: string, port: number, usual: number): string {
  return `${scheme}://localhost${port === usual ? '' : `:${port}`}`;
}
