// Generated from openapi/schemas.json by scripts/generate-types.mjs. Do not edit.
import type { ObjectReference } from './core-v1.js';
import type { ListMeta, ObjectMeta } from './meta-v1.js';

export interface Endpoint {
  addresses: string[];
  conditions?: EndpointConditions | undefined;
  deprecatedTopology?: Record<string, string> | undefined;
  hints?: EndpointHints | undefined;
  hostname?: string | undefined;
  nodeName?: string | undefined;
  targetRef?: ObjectReference | undefined;
  zone?: string | undefined;
}

export interface EndpointConditions {
  ready?: boolean | undefined;
  serving?: boolean | undefined;
  terminating?: boolean | undefined;
}

export interface EndpointHints {
  forNodes?: ForNode[] | undefined;
  forZones?: ForZone[] | undefined;
}

export interface EndpointPort {
  appProtocol?: string | undefined;
  name?: string | undefined;
  port?: number | undefined;
  protocol?: string | undefined;
}

export interface EndpointSlice {
  addressType: string;
  apiVersion: string;
  endpoints?: Endpoint[] | undefined;
  kind: string;
  metadata: ObjectMeta;
  ports?: EndpointPort[] | undefined;
}

export interface EndpointSliceList {
  apiVersion: string;
  items: EndpointSlice[];
  kind: string;
  metadata: ListMeta;
}

export interface ForNode {
  name: string;
}

export interface ForZone {
  name: string;
}
