/** Where a connection to a Service's address goes. */
export type Route =
  | { readonly to: 'endpoint'; readonly ip: string; readonly port: number }
  /** The address is a Service's, but nothing is ready behind it (kube-proxy rejects such connections). */
  | { readonly to: 'reject' };

/** A name's addresses by the cluster's DNS (https://github.com/kubernetes/dns/blob/master/docs/specification.md). */
export interface ServiceRecord {
  readonly namespace: string;
  readonly name: string;
  /** Undefined for a headless Service and for type ExternalName. */
  readonly clusterIp: string | undefined;
  readonly externalName: string | undefined;
  /** Ready endpoints of a headless Service; with a host name where the pod has one and its subdomain is the Service. */
  readonly endpoints: () => ReadonlyArray<{ readonly ip: string; readonly hostname: string | undefined }>;
  readonly ports: ReadonlyArray<{ readonly name: string; readonly port: number; readonly protocol: string }>;
}

/** What kube-proxy and CoreDNS know of Services and EndpointSlices. */
export interface ServiceRouter {
  /** Undefined when the address belongs to no Service. `from` is the client's address, for session affinity. */
  route(ip: string, port: number, from: string): Route | undefined;
  /** The Service of that name; undefined when there is none. */
  service(namespace: string, name: string): ServiceRecord | undefined;
}
