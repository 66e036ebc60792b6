import type { Ids } from '../../base/ids.js';
import { DeclarationError, Fields, text } from '../declared/fields.js';
import { parseStage, type NodeStage, type PodStage, type Stage, type StageDeclaration } from './stage.js';

/** The widest range Node.js draws from. */
const MAX_RANDOM = 2 ** 48 - 1;

/** The stages of a cluster by name. They can be changed while it runs: what a stage holds in its grip is let go when it is taken away. */
export class StageBook {
  private readonly stages = new Map<string, { readonly declaration: StageDeclaration; readonly stage: Stage }>();
  private readonly listeners = new Set<() => void>();
  private ofPods: readonly PodStage[] = [];
  private ofNodes: readonly NodeStage[] = [];

  /** Throws DeclarationError for stages that are declared wrongly. */
  constructor(
    private readonly ids: Ids,
    declarations: readonly StageDeclaration[] = [],
  ) {
    declarations.forEach((declaration, i) => {
      const stage = parseStage(declaration, pathOf(declaration, `stages[${i}]`));
      if (this.stages.has(stage.name)) throw new DeclarationError(`stages[${i}]`, `has the name of another stage: "${stage.name}"`);
      this.stages.set(stage.name, { declaration, stage });
    });
    this.sort();
  }

  get podStages(): readonly PodStage[] {
    return this.ofPods;
  }

  get nodeStages(): readonly NodeStage[] {
    return this.ofNodes;
  }

  list(): readonly StageDeclaration[] {
    return [...this.stages.values()].map(({ declaration }) => declaration);
  }

  /** Adds a stage, or replaces the one of that name. Throws DeclarationError. */
  set(declaration: StageDeclaration): void {
    const stage = parseStage(declaration, pathOf(declaration, 'stage'));
    this.stages.set(stage.name, { declaration, stage });
    this.changed();
  }

  /** Whether there was one. */
  delete(name: string): boolean {
    const known = this.stages.delete(name);
    if (known) this.changed();
    return known;
  }

  /** Calls back after each change. Returns how to stop that. */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** The time until a stage happens, with its jitter. */
  delayOf({ afterMs, jitterMs }: Stage): number {
    return afterMs + (jitterMs < 1 ? 0 : this.ids.integer(Math.min(MAX_RANDOM, Math.floor(jitterMs))));
  }

  private changed(): void {
    this.sort();
    for (const listener of this.listeners) listener();
  }

  private sort(): void {
    const all = [...this.stages.values()].map(({ stage }) => stage);
    this.ofPods = all.filter((stage): stage is PodStage => stage.kind === 'pod');
    this.ofNodes = all.filter((stage): stage is NodeStage => stage.kind === 'node');
  }
}

/** A stage is named in messages by its name, where it has one. */
function pathOf(declaration: unknown, fallback: string): string {
  const name = Fields.of(declaration, fallback).optional('name', text);
  return name === undefined ? fallback : `stage ${JSON.stringify(name)}`;
}
