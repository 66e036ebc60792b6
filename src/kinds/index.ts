import type { Kind } from '../registry/kind.js';
import { resourceFacts } from '../schema/catalogue.js';
import { mutatingAdmissionPolicyKind } from './admissionregistration/mutating-admission-policy.js';
import { mutatingAdmissionPolicyBindingKind, validatingAdmissionPolicyBindingKind } from './admissionregistration/policy-bindings.js';
import { validatingAdmissionPolicyKind } from './admissionregistration/validating-admission-policy.js';
import { webhookConfigurationKinds } from './admissionregistration/webhook-configurations.js';
import { customResourceDefinitionKind } from './apiextensions/custom-resource-definition.js';
import { apiServiceKind } from './apiregistration/api-service.js';
import { controllerRevisionKind } from './apps/controller-revision.js';
import { daemonSetKind } from './apps/daemon-set.js';
import { deploymentKind } from './apps/deployment.js';
import { replicaSetKind } from './apps/replica-set.js';
import { statefulSetKind } from './apps/stateful-set.js';
import { selfSubjectReviewKind } from './authentication/self-subject-review.js';
import { tokenReviewKind } from './authentication/token-review.js';
import { accessReviewKinds } from './authorization/access-reviews.js';
import { selfSubjectRulesReviewKind } from './authorization/self-subject-rules-review.js';
import { autoscalerKind, autoscalerV1Kind } from './autoscaling/horizontal-pod-autoscaler.js';
import { cronJobKind } from './batch/cron-job.js';
import { jobKind } from './batch/job.js';
import { certificateSigningRequestKind } from './certificates/certificate-signing-request.js';
import { leaseKind } from './coordination/lease.js';
import { componentStatusKind } from './core/component-status.js';
import { configMapKind } from './core/config-map.js';
import { endpointsKind } from './core/endpoints.js';
import { limitRangeKind } from './core/limit-range.js';
import { namespaceKind } from './core/namespace.js';
import { nodeKind } from './core/node.js';
import { persistentVolumeClaimKind } from './core/persistent-volume-claim.js';
import { persistentVolumeKind } from './core/persistent-volume.js';
import { podTemplateKind } from './core/pod-template.js';
import { bindingKind, podKind } from './core/pod/index.js';
import { replicationControllerKind } from './core/replication-controller.js';
import { resourceQuotaKind } from './core/resource-quota.js';
import { secretKind } from './core/secret.js';
import { serviceAccountKind } from './core/service-account.js';
import { serviceKind } from './core/service/index.js';
import { defineKind } from './define-kind.js';
import { endpointSliceKind } from './discovery/endpoint-slice.js';
import type { KindEnvironment } from './environment.js';
import { coreEventKind, eventKind } from './events/event.js';
import { flowSchemaKind } from './flowcontrol/flow-schema.js';
import { priorityLevelConfigurationKind } from './flowcontrol/priority-level-configuration.js';
import { ingressClassKind } from './networking/ingress-class.js';
import { ingressKind } from './networking/ingress.js';
import { ipAddressKind } from './networking/ip-address.js';
import { networkPolicyKind } from './networking/network-policy.js';
import { serviceCidrKind } from './networking/service-cidr.js';
import { runtimeClassKind } from './nodes/runtime-class.js';
import { podDisruptionBudgetKind } from './policy/pod-disruption-budget.js';
import { clusterRoleBindingKind, roleBindingKind } from './rbac/role-bindings.js';
import { clusterRoleKind, roleKind } from './rbac/roles.js';
import { deviceClassKind } from './resource/device-class.js';
import { resourceClaimTemplateKind } from './resource/resource-claim-template.js';
import { resourceClaimKind } from './resource/resource-claim.js';
import { resourceSliceKind } from './resource/resource-slice.js';
import { priorityClassKind } from './scheduling/priority-class.js';
import { csiDriverKind } from './storage/csi-driver.js';
import { csiNodeKind } from './storage/csi-node.js';
import { csiStorageCapacityKind } from './storage/csi-storage-capacity.js';
import { storageClassKind } from './storage/storage-class.js';
import { volumeAttachmentKind } from './storage/volume-attachment.js';
import { volumeAttributesClassKind } from './storage/volume-attributes-class.js';

/**
 * Every built-in kind, in the order of openapi/resources.json. Kinds with rules of their own stand in
 * `ownKinds`; one that does not is served from its facts alone.
 */
export function builtinKinds(environment: KindEnvironment): readonly Kind[] {
  const own = new Map<string, Kind>();
  for (const kind of ownKinds(environment)) own.set(keyOf(kind.gvk), kind);
  return resourceFacts().map((fact) => own.get(keyOf(fact)) ?? defineKind(fact));
}

function ownKinds(environment: KindEnvironment): Kind[] {
  return [
    bindingKind,
    componentStatusKind,
    configMapKind,
    endpointsKind,
    coreEventKind,
    namespaceKind,
    nodeKind(environment),
    persistentVolumeClaimKind,
    persistentVolumeKind,
    podKind(environment),
    podTemplateKind,
    replicationControllerKind,
    secretKind,
    serviceAccountKind(environment),
    serviceKind(environment),
    controllerRevisionKind,
    daemonSetKind,
    deploymentKind,
    replicaSetKind,
    statefulSetKind,
    eventKind,
    selfSubjectReviewKind,
    tokenReviewKind(environment),
    ...accessReviewKinds(environment),
    selfSubjectRulesReviewKind(environment),
    autoscalerV1Kind,
    autoscalerKind,
    cronJobKind,
    jobKind,
    leaseKind,
    endpointSliceKind,
    ingressClassKind,
    ingressKind,
    ipAddressKind,
    networkPolicyKind,
    serviceCidrKind,
    podDisruptionBudgetKind,
    clusterRoleBindingKind(environment),
    clusterRoleKind(environment),
    roleBindingKind(environment),
    roleKind(environment),
    csiDriverKind,
    csiNodeKind,
    csiStorageCapacityKind,
    storageClassKind,
    volumeAttachmentKind,
    volumeAttributesClassKind,
    customResourceDefinitionKind,
    apiServiceKind,
    certificateSigningRequestKind,
    limitRangeKind,
    resourceQuotaKind,
    runtimeClassKind,
    priorityClassKind,
    mutatingAdmissionPolicyBindingKind,
    mutatingAdmissionPolicyKind(environment),
    validatingAdmissionPolicyBindingKind,
    validatingAdmissionPolicyKind(environment),
    ...webhookConfigurationKinds(environment),
    flowSchemaKind,
    priorityLevelConfigurationKind,
    deviceClassKind(environment),
    resourceClaimKind(environment),
    resourceClaimTemplateKind(environment),
    resourceSliceKind,
  ] as Kind[];
}

function keyOf({ group, version, kind }: { group: string; version: string; kind: string }): string {
  return `${group}/${version}/${kind}`;
}
