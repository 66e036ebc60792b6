import type { Kind } from '../registry/kind.js';
import { resourceFacts } from '../schema/catalogue.js';
import { defineKind } from './define-kind.js';
import type { KindEnvironment } from './environment.js';

/**
 * Every built-in kind, in the order of openapi/resources.json. Kinds with rules of their own stand in
 * `ownKinds`; one that does not is served from its facts alone.
 */
export function builtinKinds(environment: KindEnvironment): readonly Kind[] {
  const own = new Map<string, Kind>();
  for (const kind of ownKinds(environment)) own.set(keyOf(kind.gvk), kind);
  return resourceFacts().map((fact) => own.get(keyOf(fact)) ?? defineKind(fact));
}

function ownKinds(_environment: KindEnvironment): Kind[] {
  return [];
}

function keyOf({ group, version, kind }: { group: string; version: string; kind: string }): string {
  return `${group}/${version}/${kind}`;
}
