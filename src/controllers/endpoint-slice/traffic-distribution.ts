import type { Service } from '../../api/types/core-v1.js';
import type { Endpoint, EndpointHints, EndpointSlice } from '../../api/types/discovery-v1.js';
import { deepEqual } from '../../base/freeze.js';

/**
 * Hints for kube-proxy where a Service asks for near endpoints (KEP-2433, KEP-3015): undefined when it asks for none.
 */
export function hintsFor({ spec }: Service): ((endpoint: Endpoint) => EndpointHints | undefined) | undefined {
  const wish = spec?.trafficDistribution;
  if (wish !== 'PreferClose' && wish !== 'PreferSameZone' && wish !== 'PreferSameNode') return undefined;
  return ({ zone, nodeName, conditions, hints }) => {
    if (!conditions?.ready) return hints;
    const forZones = zone === undefined ? undefined : [{ name: zone }];
    const forNodes = wish === 'PreferSameNode' && nodeName !== undefined ? [{ name: nodeName }] : undefined;
    return forZones || forNodes ? { ...(forNodes ? { forNodes } : {}), ...(forZones ? { forZones } : {}) } : undefined;
  };
}

/** The slice with hints as they should be; the same object when they are. */
export function withHints(slice: EndpointSlice, hints: ReturnType<typeof hintsFor>): EndpointSlice {
  const endpoints = (slice.endpoints ?? []).map((endpoint): Endpoint => {
    const { hints: old, ...rest } = endpoint;
    const wanted = hints?.(endpoint);
    if (deepEqual(old, wanted)) return endpoint;
    return wanted ? { ...rest, hints: wanted } : rest;
  });
  return endpoints.every((endpoint, i) => endpoint === slice.endpoints?.[i]) ? slice : { ...slice, endpoints };
}
