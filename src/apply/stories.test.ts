import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { ApiError } from '../api/errors.js';
import type { KubeObject, ManagedFieldsEntry, StatusCause } from './test-support.js';
import { deepClone, deepFreeze } from '../base/freeze.js';
import { apply, excludeFields, keepTimesIfUnchanged, managedFieldsOfParent, managedFieldsOfScale, managerFromUserAgent, trackUpdate } from './index.js';
import { customSchema, schemaOf } from './test-support.js';
import type { VersionContext } from './ownership.js';
import { codeOf } from '../../test/support/recorded-code.js';

/**
 * Stories told to the real server v1.36.3 and recorded: who wrote what, the object before and after with its managed
 * fields, or the refusal. Each step starts from the recorded object, so that a failure points at one step.
 */
interface Story {
  name: string;
  definition?: string;
  crd?: string;
  apiVersion: string;
  kind: string;
  steps: Step[];
}

interface Step {
  verb: 'create' | 'put' | 'merge' | 'smp' | 'json' | 'apply';
  manager?: string;
  agent?: string;
  force?: boolean;
  subresource?: string;
  body: KubeObject;
  /** The object before, where it is not the one after the step before. */
  before?: KubeObject;
  after?: KubeObject;
  scale?: KubeObject;
  changed?: boolean;
  code?: number;
  message?: string;
  causes?: StatusCause[];
}

const recorded = JSON.parse(readFileSync(new URL('./testdata/stories.json', import.meta.url), 'utf8')) as { crds: Record<string, object>; stories: Story[] };

/** Fields that a route resets, as strategies of the kinds in the stories have it. */
function resetFields(story: Story, subresource: string | undefined) {
  if (subresource === 'status') return story.crd ? excludeFields('metadata', 'spec') : excludeFields('spec', 'metadata.labels');
  if (story.crd === 'untypeds') return undefined;
  const withStatus = ['Deployment', 'DaemonSet', 'StatefulSet', 'ReplicaSet', 'ReplicationController', 'Service', 'Pod', 'Job', 'CronJob', 'Ingress', 'Typed', 'PersistentVolume', 'PersistentVolumeClaim', 'ResourceQuota', 'PodDisruptionBudget', 'HorizontalPodAutoscaler', 'Node', 'FlowSchema', 'CustomResourceDefinition'];
  return withStatus.includes(story.kind) ? excludeFields('status') : undefined;
}

function contextOf(story: Story, step: Step): VersionContext {
  if (step.subresource === 'scale') return { apiVersion: 'autoscaling/v1', schema: schemaOf('io.k8s.api.autoscaling.v1.Scale'), resetFields: undefined };
  const schema = story.definition ? schemaOf(story.definition) : story.crd === 'typeds' ? customSchema(recorded.crds['typeds'] as object) : customSchema(undefined);
  return { apiVersion: story.apiVersion, schema, resetFields: resetFields(story, step.subresource) };
}

/** The time of the write: the only one among the entries that was not there before. */
function timeOfWrite(before: KubeObject | undefined, after: KubeObject | undefined): string {
  const old = new Set(before?.metadata.managedFields?.map((entry) => entry.time));
  const times = (after?.metadata.managedFields ?? []).map((entry) => entry.time).filter((time) => time !== undefined && !old.has(time));
  return times[0] ?? '2099-01-01T00:00:00Z';
}

const replicas = { paths: { 'apps/v1': ['spec', 'replicas'], 'lab.example.com/v1': ['spec', 'replicas'] } };

function scaleOf(object: KubeObject): KubeObject {
  const spec = (object as unknown as { spec: { replicas?: number } }).spec;
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const managedFields = managedFieldsOfScale(object.metadata.managedFields, replicas.paths);
  return { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name, namespace, uid, resourceVersion, creationTimestamp, managedFields }, spec: spec.replicas ? { replicas: spec.replicas } : {} } as unknown as KubeObject;
}

interface Outcome {
  managedFields: ManagedFieldsEntry[];
  object?: KubeObject;
  changed?: boolean;
}

/** What admission and strategies add comes after managers are tracked: nobody owns it. */
const ADDED_LATER: Readonly<Record<string, readonly string[]>> = {
  Pod: ['spec.volumes', 'spec.containers.0.volumeMounts', 'spec.serviceAccount', 'spec.serviceAccountName', 'spec.tolerations', 'spec.priority', 'spec.preemptionPolicy'],
  PersistentVolumeClaim: ['metadata.finalizers'],
  PersistentVolume: ['metadata.finalizers'],
  Service: ['spec.clusterIP', 'spec.clusterIPs', 'spec.ipFamilies', 'spec.ipFamilyPolicy', 'spec.ports.0.nodePort'],
  Job: ['metadata.labels', 'spec.selector', 'spec.template.metadata'],
};

function asSent(object: KubeObject, body: object, create: boolean): KubeObject {
  if (!create) return object;
  const copy = deepClone(object);
  // Storage makes null of an empty list that always prints.
  for (const [key, value] of Object.entries(body)) if (Array.isArray(value) && value.length === 0) Object.assign(copy, { [key]: [] });
  for (const path of ADDED_LATER[object.kind] ?? []) {
    const names = path.split('.');
    let parent: Record<string, unknown> | undefined = copy as unknown as Record<string, unknown>;
    for (const name of names.slice(0, -1)) parent = parent?.[name] as Record<string, unknown> | undefined;
    if (parent) delete parent[names.at(-1) as string];
  }
  return copy;
}

/** Controllers write in between. */
function ofClients(entries: ManagedFieldsEntry[]): ManagedFieldsEntry[] {
  return entries.filter(({ manager }) => manager !== 'kube-controller-manager');
}

function replay(story: Story, step: Step, before: KubeObject | undefined): Outcome {
  const context = contextOf(story, step);
  const now = timeOfWrite(before, step.after);
  const subresource = step.subresource ?? '';
  const live = before && (subresource === 'scale' ? scaleOf(before) : before);
  const finish = (entries: ManagedFieldsEntry[]): ManagedFieldsEntry[] =>
    subresource === 'scale' && before ? managedFieldsOfParent(before.metadata.managedFields, entries, { paths: replicas.paths, apiVersion: story.apiVersion }) : entries;
  // The registry's last word, when the object is decoded and defaulted.
  const stored = (managedFields: ManagedFieldsEntry[]): ManagedFieldsEntry[] => {
    const object = step.after as KubeObject;
    const written = { ...object, metadata: { ...object.metadata, managedFields } };
    return (before ? keepTimesIfUnchanged(written, before) : written).metadata.managedFields ?? [];
  };
  if (step.verb === 'apply') {
    const kind = subresource === 'scale' ? 'Scale' : story.kind;
    const { object, changed } = apply({ ...context, live, applied: step.body, kind, manager: step.manager ?? '', force: step.force ?? false, subresource, now });
    return { managedFields: stored(finish(object.metadata.managedFields ?? [])), object, changed };
  }
  const after = step.after as KubeObject;
  const sent = (step.body.metadata as KubeObject['metadata'] | undefined)?.managedFields;
  const target = subresource === 'scale' ? { ...scaleOf(after), metadata: (live as KubeObject).metadata } : after;
  // The client's managed fields are in the object that is written; those of the reply are what is looked for.
  const { managedFields: _, ...metadata } = target.metadata;
  const patched = step.verb === 'merge' && !sent ? before?.metadata.managedFields : sent;
  const updated = { ...target, metadata: { ...metadata, ...(patched ? { managedFields: patched } : {}) } };
  const manager = step.manager ?? managerFromUserAgent(step.agent ?? 'lab/1');
  return { managedFields: stored(finish(trackUpdate({ ...context, live, updated: asSent(updated, step.body, before === undefined), manager, subresource, now }))) };
}

describe.each(recorded.stories.map((story) => [story.name, story] as const))('%s', (_name, story) => {
  let previous: KubeObject | undefined;
  const steps = story.steps.map((step, i) => {
    const before = step.before ?? previous;
    previous = step.after ?? before;
    return [i + 1, step.verb, step.manager ?? step.agent ?? '', JSON.stringify(step.body).slice(0, 100), step, before] as const;
  });
  test.each(steps)('step %d: %s by %s: %s', (_i, _verb, _manager, _body, step, before) => {
    const frozen = deepFreeze(before);
    if (step.code !== undefined) {
      // Refusals of validation come later, from the registry.
      if (step.verb !== 'apply' || (step.code !== 409 && step.code !== 500)) return;
      let thrown: unknown;
      try {
        replay(story, step, frozen);
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toBeInstanceOf(ApiError);
      const { code, message, details } = thrown as ApiError;
      expect({ code, message, causes: sorted(details?.causes) }).toEqual({ code: codeOf(step), message: step.message, causes: sorted(step.causes) });
      return;
    }
    const { managedFields, object, changed } = replay(story, step, frozen);
    const after = step.after as KubeObject;
    const received = step.subresource === 'scale' ? ofClients(managedFields) : managedFields;
    const expected = step.subresource === 'scale' ? ofClients(after.metadata.managedFields ?? []) : (after.metadata.managedFields ?? []);
    expect(received).toEqual(expected);
    // Custom resources are written with sorted keys, which is up to their encoder.
    if (!story.crd) expect(JSON.stringify(received)).toBe(JSON.stringify(expected));
    if (step.verb === 'apply' && step.subresource === undefined && object) {
      expect(withoutServerFields(after)).toMatchObject(withoutServerFields(withCanonicalQuantities(object)));
      // Quantities that only read differently are equal once they are decoded.
      if (step.changed || story.kind === 'ConfigMap' || story.crd) expect(changed).toBe(step.changed);
      if (story.crd === 'untypeds') expect(object).toEqual(serverSet(object, after));
    }
  });
});

/** Causes of several managers come in any order from the real server. */
function sorted(causes: readonly StatusCause[] | undefined): string[] | undefined {
  return causes?.map((cause) => JSON.stringify(cause)).sort();
}

/** The stored object with what the server sets in the metadata as apply left it. */
function serverSet(object: KubeObject, after: KubeObject): KubeObject {
  return { ...after, metadata: object.metadata };
}

/** As decoding writes the quantities of the stories. */
function withCanonicalQuantities(object: KubeObject): KubeObject {
  return JSON.parse(JSON.stringify(object).replaceAll('"1024Mi"', '"1Gi"').replaceAll('"0.5"', '"500m"')) as KubeObject;
}

/** What apply gives must be in what the server stored; the server's defaults come on top. Null is absent once decoded. */
function withoutServerFields(object: KubeObject): object {
  const { metadata, ...rest } = object as KubeObject & Record<string, unknown>;
  const { labels, annotations, finalizers, ownerReferences } = metadata;
  return withoutNull({ ...rest, status: undefined, metadata: { labels, annotations, finalizers, ownerReferences } }) as object;
}

function withoutNull(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNull);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== null && item !== undefined && !(typeof item === 'object' && Object.keys(item).length === 0)).map(([key, item]) => [key, withoutNull(item)]));
}
