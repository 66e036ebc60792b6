import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseApiVersion } from '../../src/api/gvk.js';
import type { KubeObject } from '../../src/api/object.js';
import { resourceFacts, type ResourceFact } from '../../src/schema/catalogue.js';

/** An object that the real server took, with the namespace it was sent to ('' for cluster-scoped kinds). */
export interface ValidObject {
  readonly name: string;
  readonly fact: ResourceFact;
  readonly object: KubeObject;
}

interface Recorded {
  readonly name: string;
  readonly code: number;
  readonly input?: KubeObject;
  readonly pod?: KubeObject;
}

const FIXTURES = join(import.meta.dirname, '../fixtures');
const template = { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
const attributes = { namespace: 'default', verb: 'get', resource: 'pods' };

/** Kinds whose answers are not in the recordings. */
const OTHERS: readonly object[] = [
  { apiVersion: 'v1', kind: 'PodTemplate', metadata: { name: 'template' }, template },
  { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'nobody' }, target: { kind: 'Node', name: 'node-1' } },
  { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
  { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token: 'nonsense' } },
  { apiVersion: 'authorization.k8s.io/v1', kind: 'LocalSubjectAccessReview', metadata: { namespace: 'default' }, spec: { user: 'a', resourceAttributes: attributes } },
  { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: { resourceAttributes: attributes } },
  { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectRulesReview', spec: { namespace: 'default' } },
  { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec: { user: 'a', nonResourceAttributes: { path: '/', verb: 'get' } } },
];

/** Objects of the recordings in test/fixtures that the real server took on create: several of nearly every kind. */
export function validObjects(): ValidObject[] {
  const recordings = readdirSync(join(FIXTURES, 'kinds')).map((file) => (JSON.parse(readFileSync(join(FIXTURES, 'kinds', file), 'utf8')) as { create: Recorded[] }).create);
  const pods = JSON.parse(readFileSync(join(FIXTURES, 'pods/create.json'), 'utf8')) as Recorded[];
  const recorded = [...recordings.flat(), ...pods].filter(({ code }) => code < 300);
  const found = recorded.map(({ name, input, pod }) => ({ name, object: (input ?? pod) as KubeObject }));
  return [...found, ...OTHERS.map((object) => ({ name: 'plain', object: object as KubeObject }))].map(({ name, object }) => {
    const { group, version } = parseApiVersion(object.apiVersion);
    const fact = resourceFacts().find((candidate) => candidate.group === group && candidate.version === version && candidate.kind === object.kind);
    if (!fact) throw new Error(`no fact of ${object.apiVersion} ${object.kind}`);
    return { name, fact, object };
  });
}

/** The path of a kind's collection. */
export function collectionPath(fact: ResourceFact, namespace: string): string {
  const prefix = fact.group ? `/apis/${fact.group}/${fact.version}` : `/api/${fact.version}`;
  return fact.namespaced ? `${prefix}/namespaces/${namespace}/${fact.plural}` : `${prefix}/${fact.plural}`;
}
