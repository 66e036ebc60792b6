import { readFileSync } from 'node:fs';
import { ApiError } from '../../../src/api/errors.js';
import { fieldErrorBody, type FieldError } from '../../../src/api/field.js';
import type { GroupVersionKind } from '../../../src/api/gvk.js';
import type { KubeObject } from '../../../src/api/object.js';
import { deepClone, deepFreeze } from '../../../src/base/freeze.js';
import { FakeClock } from '../../../src/base/fake-clock.js';
import { RandomIds } from '../../../src/base/ids.js';
import type { Cell, Kind, Strategy, StrategyContext } from '../../../src/registry/kind.js';
import { validateCreatedMetadata, validateMetadata } from '../../../src/registry/metadata.js';
import type { Reader } from '../../../src/watch/types.js';
import { canonical, toTyped } from '../../../src/schema/typed.js';
import { applyMergePatch } from './merge-patch.mjs';

/** Replays what record.mjs recorded from the real server through a kind's own functions, in the registry's order. */

interface Answer {
  readonly name: string;
  readonly code: number;
  readonly warnings?: readonly string[];
  readonly causes?: ReadonlyArray<{ readonly reason: string; readonly message: string; readonly field: string }>;
  readonly reason?: string;
  readonly message?: string;
  readonly at?: number;
  readonly cells?: readonly Cell[];
  readonly output?: object;
}

interface CreateCase extends Answer {
  readonly input: KubeObject;
}

interface UpdateCase extends Answer {
  readonly subresource?: string;
  readonly view?: KubeObject;
  readonly patch: object;
}

export interface Recording {
  readonly gvk: GroupVersionKind;
  readonly namespace: string;
  readonly create: readonly CreateCase[];
  readonly updates: ReadonlyArray<{ readonly old: KubeObject; readonly cases: readonly UpdateCase[] }>;
}

export const loadRecording = (file: string): Recording => JSON.parse(readFileSync(file, 'utf8')) as Recording;

/** What is compared: the same shape for what was recorded and for what our code did. */
export interface Outcome {
  readonly refused?: ReadonlyArray<{ field: string; reason: string; message: string }> | string;
  readonly object?: unknown;
  readonly cells?: readonly Cell[];
  readonly warnings: readonly string[];
}

const noEntries = { revision: 0, list: () => ({ revision: 0, entries: [], remaining: 0 }), get: () => undefined } as unknown as Reader;

function contextFor(recording: Recording, subresource: string, nowMs: number): StrategyContext {
  const clock = new FakeClock(nowMs);
  return {
    now: new Date(nowMs).toISOString().replace(/\.\d+Z$/, 'Z'),
    clock,
    ids: new RandomIds(),
    user: { name: 'admin', groups: ['system:masters', 'system:authenticated'], uid: 'uid1' },
    reader: noEntries,
    dryRun: true,
    namespace: recording.namespace,
    subresource,
    warn: () => undefined,
  };
}

export function expectedOf(kind: Kind, recorded: Answer & { readonly view?: object }, input: object): Outcome {
  const warnings = recorded.warnings ?? [];
  if (recorded.causes) return { refused: recorded.causes.filter(({ field }) => !('patch' in recorded) || isOurs(field)).map(({ field, reason, message }) => ({ field, reason, message })), warnings };
  if (recorded.code >= 300) return { refused: `${recorded.code} ${recorded.reason}`, warnings };
  const output = applyMergePatch(input, recorded.output ?? {}) as KubeObject;
  // A merge patch cannot say null.
  const object = recorded.view ? output : (canonical(kind.definition, { ...output }) as unknown as KubeObject);
  return {
    object: comparable(withoutServerFields(object)),
    ...(recorded.cells ? { cells: recorded.cells.map((cell) => comparableCell(cell)) } : {}),
    warnings,
  };
}

export function replayCreate(kind: Kind, recording: Recording, recorded: CreateCase): Outcome {
  const draft = typed(kind, recorded.input);
  const { strategy } = kind;
  return outcome(() => {
    const at = recorded.at ?? 0;
    const context = contextFor(recording, '', at);
    if (recording.namespace) draft.metadata.namespace = recording.namespace;
    draft.metadata.name ||= generatedName(recorded) ?? '';
    draft.metadata.creationTimestamp = context.now;
    draft.metadata.uid = 'the-uid';
    strategy.defaults?.(draft);
    strategy.defaults?.(draft);
    if (strategy.keepsStatus) delete draft.status;
    if (strategy.generation === 'spec') draft.metadata.generation = 1;
    strategy.prepareForCreate?.(draft, context);
    strategy.allocate?.(draft, undefined, context)?.release();
    const frozen = deepFreeze(deepClone(draft));
    const errors = [...validateMetadata(frozen, kind.facts.namespaced, strategy), ...(strategy.validate?.(frozen, context) ?? [])];
    if (errors.length === 0) errors.push(...validateCreatedMetadata(frozen, kind.facts.namespaced, strategy));
    const warnings = [...deprecation(kind), ...(errors.length > 0 ? [] : (strategy.warnings?.(frozen, undefined, context) ?? []))];
    return { errors, warnings, object: canonical(kind.definition, draft as unknown as Record<string, unknown>), ...(recorded.cells ? { cells: kind.printer.cells(draft, at) } : {}) };
  });
}

export function replayUpdate(kind: Kind, recording: Recording, oldObject: KubeObject, recorded: UpdateCase): Outcome {
  const old = deepFreeze(typed(kind, oldObject));
  const route = recorded.subresource ? kind.subresources.get(recorded.subresource) : undefined;
  if (recorded.subresource && route?.type !== 'object') throw new Error(`${kind.gvk.kind} has no subresource ${recorded.subresource} that can be written`);
  const strategy: Strategy = route?.type === 'object' ? route.strategy : kind.strategy;
  const projection = route?.type === 'object' ? route.projection : undefined;
  return outcome(() => {
    const at = recorded.at ?? 0;
    const context = contextFor(recording, recorded.subresource ?? '', at);
    let draft: KubeObject & { status?: unknown };
    if (projection && recorded.view) {
      draft = deepClone(old);
      const view = applyMergePatch(recorded.view, recorded.patch) as KubeObject;
      projection.validate?.(view);
      projection.write(draft, view);
    } else draft = typed(kind, applyMergePatch(oldObject, recorded.patch) as KubeObject);
    if (old.metadata.generation === undefined) delete draft.metadata.generation;
    else draft.metadata.generation = old.metadata.generation;
    strategy.defaults?.(draft);
    if (strategy.keepsStatus) {
      if (old.status === undefined) delete draft.status;
      else draft.status = deepClone(old.status);
    }
    strategy.prepareForUpdate?.(draft, old, context);
    if (strategy.generation === 'spec' && JSON.stringify(content(draft)) !== JSON.stringify(content(old))) draft.metadata.generation = (old.metadata.generation ?? 0) + 1;
    strategy.allocate?.(draft, old, context)?.release();
    const frozen = deepFreeze(deepClone(draft));
    const errors = strategy.validateUpdate?.(frozen, old, context) ?? [];
    const warnings = [...deprecation(kind), ...(errors.length > 0 ? [] : (strategy.warnings?.(frozen, old, context) ?? []))];
    return { errors, warnings, object: projection ? projection.read(draft) : canonical(kind.definition, draft as unknown as Record<string, unknown>), ...(recorded.cells ? { cells: kind.printer.cells(draft, at) } : {}) };
  });
}

/** As decoding gives it to the registry. */
function typed(kind: Kind, object: KubeObject): KubeObject & { status?: unknown } {
  return deepClone(toTyped(kind.definition, object).object) as unknown as KubeObject & { status?: unknown };
}

function outcome(run: () => { errors: readonly FieldError[]; warnings: readonly string[]; object: object; cells?: readonly Cell[] }): Outcome {
  try {
    const { errors, warnings, object, cells } = run();
    if (errors.length > 0) return { refused: errors.map((error) => ({ field: error.field, reason: error.type, message: fieldErrorBody(error) })), warnings };
    return { object: comparable(withoutServerFields(object as KubeObject)), ...(cells ? { cells: cells.map((cell) => comparableCell(cell)) } : {}), warnings };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const causes = error.details?.causes;
    if (error.reason !== 'Invalid') return { refused: `${error.code} ${error.reason}`, warnings: [] };
    return { refused: (causes ?? []).map(({ field = '', reason = '', message = '' }) => ({ field, reason, message })), warnings: [] };
  }
}

function deprecation(kind: Kind): string[] {
  return kind.deprecation === undefined ? [] : [kind.deprecation];
}

/** Updates are not replayed with the registry's rules of metadata, but for names. */
function isOurs(field: string): boolean {
  return !/^metadata\.(?!name$|annotations|taints|nodeSwapStatus)/.test(field);
}

function generatedName(recorded: CreateCase): string | undefined {
  return (recorded.output as { metadata?: { name?: string } } | undefined)?.metadata?.name;
}

function content(object: KubeObject): unknown {
  const { metadata: _metadata, status: _status, ...rest } = object as KubeObject & { status?: unknown };
  return rest;
}

function withoutServerFields(object: KubeObject): object {
  // Admission adds finalizers to volumes and claims.
  const { uid: _uid, creationTimestamp: _created, managedFields: _managed, resourceVersion: _version, finalizers: _finalizers, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function comparable(object: object): object {
  const draft = deepClone(object) as { spec?: { taints?: Array<{ key: string }> } };
  // Admission taints new nodes.
  const taints = draft.spec?.taints?.filter(({ key }) => key !== 'node.kubernetes.io/not-ready');
  if (draft.spec && taints && taints.length > 0) draft.spec.taints = taints;
  else delete draft.spec?.taints;
  return draft;
}

/** Ages and times of objects that were just made differ by a second or two. */
function comparableCell(cell: Cell): Cell {
  return typeof cell === 'string' && /^([0-3]s|\d{4}-\d\d-\d\dT[\d:]+Z)$/.test(cell) ? '<now>' : cell;
}
