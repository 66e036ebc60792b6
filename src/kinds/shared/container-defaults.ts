import type { EnvVar, HTTPGetAction, ObjectFieldSelector, Probe } from '../../api/types/core-v1.js';
import type { AnyContainer } from './containers.js';
import { defaultPullPolicy } from './image-name.js';
import { roundUpToMilli } from './resource-list.js';

/** Fills in what a container of a pod or of a template leaves out (pkg/apis/core/v1/defaults.go). Idempotent. */
export function containerDefaults(container: AnyContainer): void {
  container.imagePullPolicy ||= defaultPullPolicy(container.image);
  container.terminationMessagePath ||= '/dev/termination-log';
  container.terminationMessagePolicy ||= 'File';
  for (const port of container.ports ?? []) port.protocol ||= 'TCP';
  for (const variable of container.env ?? []) envDefaults(variable);
  roundUpToMilli(container.resources?.limits);
  roundUpToMilli(container.resources?.requests);
  for (const probe of [container.livenessProbe, container.readinessProbe, container.startupProbe]) {
    if (probe) probeDefaults(probe);
  }
  httpGetDefaults(container.lifecycle?.postStart?.httpGet);
  httpGetDefaults(container.lifecycle?.preStop?.httpGet);
}

function envDefaults({ valueFrom }: EnvVar): void {
  fieldRefDefaults(valueFrom?.fieldRef);
  if (valueFrom?.fileKeyRef) valueFrom.fileKeyRef.optional ??= false;
}

/** Also of downward API volumes. */
export function fieldRefDefaults(fieldRef: ObjectFieldSelector | undefined): void {
  if (fieldRef) fieldRef.apiVersion ||= 'v1';
}

function probeDefaults(probe: Probe): void {
  probe.timeoutSeconds ||= 1;
  probe.periodSeconds ||= 10;
  probe.successThreshold ||= 1;
  probe.failureThreshold ||= 3;
  httpGetDefaults(probe.httpGet);
  if (probe.grpc) probe.grpc.service ??= '';
}

function httpGetDefaults(action: HTTPGetAction | undefined): void {
  if (!action) return;
  action.path ||= '/';
  action.scheme ||= 'HTTP';
}
