import type { ResourceDirectory } from '../api/served-resource.js';
import type { Controller } from '../client/controller.js';
import { crdAutoregistrationController } from './crd-autoregistration/index.js';
import { cronJobController } from './cronjob/index.js';
import { customResourceDefinitionController } from './custom-resource-definition/index.js';
import { daemonSetController } from './daemonset/index.js';
import { clusterRoleAggregationController } from './cluster-role-aggregation/index.js';
import { deploymentController } from './deployment/index.js';
import { disruptionController } from './disruption/index.js';
import { endpointSliceController } from './endpoint-slice/index.js';
import { endpointSliceMirroringController } from './endpoint-slice-mirroring/index.js';
import { endpointsController } from './endpoints/index.js';
import { ephemeralVolumeController } from './ephemeral-volume/index.js';
import { persistentVolumeBinder } from './persistent-volume-binder/index.js';
import { pvProtection } from './pv-protection/index.js';
import { pvcProtection } from './pvc-protection/index.js';
import { resourceClaimController } from './resource-claim/index.js';
import { resourceQuotaController } from './resource-quota/index.js';
import { tokenCleanerController } from './bootstrap-token/cleaner.js';
import { bootstrapSignerController } from './bootstrap-token/signer.js';
import { certificateApprovingController } from './certificate-approving/index.js';
import { certificateCleanerController } from './certificate-cleaner/index.js';
import { certificateSigningController, type CertificateSigner } from './certificate-signing/index.js';
import { ttlController } from './ttl/index.js';
import { nodeLifecycleController } from './node-lifecycle/index.js';
import { DEFAULT_AUTOSCALER_CONFIG, horizontalPodAutoscalerController, type AutoscalerConfig } from './horizontal-pod-autoscaler/index.js';
import { flowSchemaStatusController } from './flow-schema-status/index.js';
import { garbageCollector } from './garbage-collector/index.js';
import { jobController } from './job/index.js';
import { namespaceController } from './namespace/index.js';
import { podGarbageCollector } from './pod-gc/index.js';
import { replicaSetController } from './replicaset/index.js';
import { replicationController } from './replication-controller/index.js';
import { rootCaPublisher } from './root-ca-publisher/index.js';
import { serviceAccountController } from './service-account/index.js';
import { serviceAccountTokenController, type SecretTokenIssuer } from './service-account-token/index.js';
import { statefulSetController } from './statefulset/index.js';
import { taintEvictionController } from './taint-eviction/index.js';
import { ttlAfterFinishedController } from './ttl-after-finished/index.js';
import { serviceCidrController } from './service-cidr/index.js';
import { type TypeChecker, validatingPolicyStatusController } from './validating-policy-status/index.js';
import { volumeExpander } from './volume-expander/index.js';
import { vacProtection } from './vac-protection/index.js';

/** What built-in controllers need beyond their context. */
export interface ControllerEnvironment {
  /** PEM of the CA that pods check the API server with. */
  readonly caCertificate: string;
  /** Signs the tokens in Secrets of type kubernetes.io/service-account-token. */
  readonly tokens: SecretTokenIssuer;
  /** Every resource that is served. */
  readonly resources: ResourceDirectory;
  /** Checks types in the expressions of policies. */
  readonly policyTypes: TypeChecker;
  /** Signs certificates for approved requests. */
  readonly certificates: CertificateSigner;
  /** Silence after which a node counts as gone; kube-controller-manager's --node-monitor-grace-period, 50 s by default. */
  readonly nodeMonitorGraceMs?: number | undefined;
  /** kube-controller-manager's --horizontal-pod-autoscaler-… flags; its defaults where they are left out. */
  readonly autoscaling?: Partial<AutoscalerConfig> | undefined;
}

/** Every built-in controller, under kube-controller-manager's names. */
export function builtinControllers(environment: ControllerEnvironment): Controller[] {
  return [
    serviceAccountController(),
    serviceAccountTokenController(environment.tokens, environment.caCertificate),
    clusterRoleAggregationController(),
    rootCaPublisher(environment.caCertificate),
    nodeLifecycleController(environment.nodeMonitorGraceMs),
    taintEvictionController(),
    endpointsController(),
    endpointSliceController(),
    endpointSliceMirroringController(),
    persistentVolumeBinder(),
    pvcProtection(),
    pvProtection(),
    vacProtection(),
    volumeExpander(),
    serviceCidrController(),
    validatingPolicyStatusController(environment.policyTypes),
    flowSchemaStatusController(),
    customResourceDefinitionController(),
    crdAutoregistrationController(),
    ephemeralVolumeController(),
    resourceClaimController(),
    resourceQuotaController(environment.resources),
    certificateSigningController(environment.certificates),
    certificateApprovingController(environment.certificates),
    certificateCleanerController(),
    bootstrapSignerController(),
    tokenCleanerController(),
    ttlController(),
    namespaceController(environment.resources),
    garbageCollector(environment.resources),
    deploymentController(),
    daemonSetController(),
    statefulSetController(),
    jobController(),
    cronJobController(),
    ttlAfterFinishedController(),
    podGarbageCollector(),
    disruptionController(environment.resources),
    replicaSetController(),
    replicationController(),
    horizontalPodAutoscalerController(environment.resources, { ...DEFAULT_AUTOSCALER_CONFIG, ...environment.autoscaling }),
  ];
}

export { selectControllers } from './selection.js';
