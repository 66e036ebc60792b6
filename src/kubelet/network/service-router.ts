/** Where a connection to a Service's address goes. */
export type Route =
  | { readonly to: 'endpoint'; readonly ip: string; readonly port: number }
  /** The address is a Service's, but nothing is ready behind it (kube-proxy rejects such connections). */
  | { readonly to: 'reject' }
  /** There are endpoints, but none where the traffic policy wants one: packets are dropped. */
  | { readonly to: 'drop' };

export interface ServiceEndpoint {
  readonly ip: string;
  /** Where the pod has one and its subdomain is the Service. */
  readonly hostname: string | undefined;
  /** The number of a port of the Service by its name. */
  readonly port: (name: string) => number | undefined;
}

/** A name's addresses by the cluster's DNS (https://github.com/kubernetes/dns/blob/master/docs/specification.md). */
export interface ServiceRecord {
  readonly namespace: string;
  readonly name: string;
  /** None of a headless Service and of type ExternalName. */
  readonly clusterIps: readonly string[];
  readonly externalName: string | undefined;
  /** Ready endpoints; all where the Service publishes such that are not. */
  readonly endpoints: () => readonly ServiceEndpoint[];
  readonly ports: ReadonlyArray<{ readonly name: string; readonly port: number; readonly protocol: string }>;
}

/** What kube-proxy and CoreDNS know of Services and EndpointSlices. */
export interface ServiceRouter {
  /** Undefined when the address belongs to no Service. `from` is the client's address, for session affinity and traffic policies. */
  route(ip: string, port: number, from: string, protocol?: 'TCP' | 'UDP'): Route | undefined;
  /** The Service of that name; undefined when there is none. */
  service(namespace: string, name: string): ServiceRecord | undefined;
  /** Names of an address, without the cluster's domain: of the Service that has it, or of an endpoint with a host name. */
  namesOf(ip: string): readonly string[];
  /** Whether an address is a node's. */
  isNode(ip: string): boolean;
}
