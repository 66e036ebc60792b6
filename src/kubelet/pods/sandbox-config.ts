import type { Pod } from '../../api/types/core-v1.js';
import type { KubeletContext } from '../kubelet-context.js';
import type { PodSandboxConfig } from '../runtime.js';
import { dnsConfig, hostsFile, podHostName } from './host-name.js';

/** What the runtime is told of a pod's sandbox. */
export function sandboxConfig({ nodeName, clusterDomain, dnsIp }: KubeletContext, pod: Pod): Omit<PodSandboxConfig, 'attempt'> {
  const { metadata, spec } = pod;
  return {
    podUid: metadata.uid ?? '',
    podName: metadata.name,
    namespace: metadata.namespace ?? '',
    hostname: spec.hostNetwork ? nodeName : podHostName(pod, clusterDomain).hostname,
    labels: metadata.labels ?? {},
    annotations: metadata.annotations ?? {},
    shareProcessNamespace: spec.shareProcessNamespace ?? false,
    hostNetwork: spec.hostNetwork ?? false,
    hostPid: spec.hostPID ?? false,
    dns: dnsConfig(pod, clusterDomain, dnsIp),
    hosts: (ip) => hostsFile(pod, ip, clusterDomain, nodeName),
  };
}
