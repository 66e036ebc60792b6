/**
 * kubette: Kubernetes' API in one Node.js process. The public surface of the package.
 */
import type { Cluster } from './cluster.js';
import type { ClusterOptions } from './cluster-options.js';
import { startCluster } from './start-cluster.js';

/**
 * Starts a cluster and resolves once everything answers.
 *
 * @example
 * const cluster = await createCluster();
 * await writeFile('kubeconfig', cluster.kubeconfig);
 * // … kubectl --kubeconfig kubeconfig get nodes …
 * await cluster.stop();
 */
export function createCluster(options: ClusterOptions = {}): Promise<Cluster> {
  return startCluster(options);
}

export type { Cluster, ClusterOptions };
export type { AuditSettings } from './cluster-options.js';
export { LogFileError } from './audit/log-file.js';
export { checkPolicy, PolicyError, type Policy, type PolicyRule } from './audit/policy.js';
export type { VirtualClusterOptions, VirtualClusters } from './virtual-clusters.js';
export type { SwitchableNode } from './admin/nodes.js';
export type { ClusterClock } from './base/cluster-clock.js';
export type { Duration, Instant } from './base/duration.js';
export type { EventFilter } from './embed/events.js';
export type { KubectlOptions } from './embed/kubectl.js';
export type { RequestOptions } from './embed/request.js';
export type { SnapshotSource } from './embed/state.js';
export type { ObjectReference, Predicate, UntilOptions } from './embed/until.js';
export type { Fault, Faults } from './faults/faults.js';
export type { FaultEffect, FaultError, FaultRule } from './faults/rule.js';
export type { ApplyOptions } from './manifests/apply.js';
export { LoadError } from './manifests/read.js';
export type { Manifests } from './manifests/parse.js';
export type { Pattern, RequestPattern } from './pipeline/match-request.js';
export type { RecordedRequest, RequestFilter } from './recording/journal.js';
export { Snapshot, SnapshotError } from './snapshot/snapshot.js';
export { KUBERNETES_VERSION } from './http/version.js';
export type { Clock, Timer } from './base/clock.js';
export { FakeClock } from './base/fake-clock.js';
export type { Logger } from './base/logger.js';
export type { GroupVersionResource } from './api/gvk.js';
export type { KubeObject, LabelSelector, ObjectMeta, OwnerReference } from './api/object.js';
export { ApiError } from './api/errors.js';
export { TerminalError, type Controller, type ControllerContext, type ReconcileResult } from './client/controller.js';
export { Expectations } from './client/expectations.js';
export { keyOf, splitKey, type Informer, type InformerHandler, type Lister } from './client/informer.js';
export type { Informers } from './client/informers.js';
export type { EventOptions, EventRecorder, EventTarget } from './client/recorder.js';
export type { Client, ClientEvent, DeleteRequest, ListOptions, Patch, ResourceClient, Target, WatchOptions, WriteOptions } from './client/types.js';
export { controllerOf, controllerRefTo, isControlledBy } from './controllers/shared/controller-ref.js';
export { DeclarationError } from './kubelet/declared/fields.js';
export type { AnswerDeclaration, DeclaredImage, LogLineDeclaration, UsageDeclaration } from './kubelet/runtimes/simulated/declared-image.js';
export type { Images } from './kubelet/runtimes/simulated/image-registry.js';
export type { Moment, NodeDeedDeclaration, NodeSelectorDeclaration, PodDeedDeclaration, PodSelectorDeclaration, StageDeclaration } from './kubelet/stages/stage.js';
export type { StageBook } from './kubelet/stages/stage-book.js';
export type { DnsAnswer, DnsRecord, DnsType } from './kubelet/network/dns.js';
export type { DirectoryEntry, FileStat, FileSystem, TextEncoding } from './kubelet/runtimes/simulated/file-system.js';
export type {
  CommandToStart, HttpHandler, ImageConfig, ImageProgram, ImageProgramFactory, Listener, NetworkAddress, PodNetworkNamespace, ProgramProcess, ResourceUsage, Terminal, UdpSocket,
} from './kubelet/runtimes/simulated/program.js';
export { ADDONS } from './workloads.js';
export { SchedulerConfigurationError } from './scheduler/configuration.js';
export { StorageError } from './storage/errors.js';
export { RuntimeError } from './kubelet/runtime.js';
