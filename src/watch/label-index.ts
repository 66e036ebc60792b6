import type { LabelMatcher, LabelRequirement } from '../api/label-selector.js';
import type { Change, Entry } from '../storage/types.js';
import { Slices } from '../base/slices.js';
import { Postings } from './postings.js';
import { labelsOf } from './stored-labels.js';

/** Labels of one resource that have an index at a time; the one not asked for the longest gives way. */
const MAX_LABELS = 32;
/** From so many objects on an index is made in slices. */
const MANY = 2000;

/** Indexes of one resource by label, each made when a selector first asks for that label. */
export class LabelIndex {
  /** In order of use, the latest last. */
  private readonly byLabel = new Map<string, Postings>();

  /** Indexes that are being prepared. */
  private readonly coming = new Map<string, Promise<void>>();

  /** `all` gives every entry of the resource; `load` reads those together that are on disk only. */
  constructor(
    private readonly all: () => readonly Entry[],
    private readonly load: (entries: readonly Entry[]) => Promise<void>,
  ) {}

  /** Makes the indexes that a selector needs, where that takes long: in slices. Undefined when there is nothing to wait for. */
  prepare({ requirements }: LabelMatcher): Promise<unknown> | undefined {
    const missing = requirements.filter((requirement) => canLookUp(requirement) && !this.byLabel.has(requirement.key));
    if (missing.length === 0 || (this.coming.size === 0 && this.all().length < MANY)) return undefined;
    return Promise.all(missing.map(({ key }) => this.prepareOne(key)));
  }

  private prepareOne(label: string): Promise<void> {
    let coming = this.coming.get(label);
    if (!coming) this.coming.set(label, (coming = this.readAhead(label).finally(() => this.coming.delete(label))));
    return coming;
  }

  private async readAhead(label: string): Promise<void> {
    const entries = this.all();
    await this.load(entries);
    const known = new Map<Entry, string | undefined>();
    const slices = new Slices();
    for (const entry of entries) {
      known.set(entry, labelOf(entry, label));
      const turn = slices.done();
      if (turn) await turn;
    }
    // What has changed meanwhile is read now.
    this.postingsOf(label, (entry) => (known.has(entry) ? known.get(entry) : labelOf(entry, label)));
  }

  apply(change: Change): void {
    for (const postings of this.byLabel.values()) postings.update(change.previous, change.type === 'deleted' ? undefined : change.entry);
  }

  /**
   * Entries under a prefix that match, sorted by key: looks up the requirement which selects the fewest, and checks the
   * others on what it finds. Undefined when no requirement can be looked up.
   */
  select(prefix: string, selector: LabelMatcher): Entry[] | undefined {
    let best: { postings: Postings; values: readonly string[]; count: number } | undefined;
    for (const requirement of selector.requirements) {
      if (!canLookUp(requirement)) continue;
      const postings = this.postingsOf(requirement.key);
      const values = requirement.operator === 'exists' ? postings.values : [...new Set(requirement.values)];
      const count = postings.count(values, prefix);
      if (!best || count < best.count) best = { postings, values, count };
    }
    const found = best?.postings.select(best.values, prefix);
    return selector.requirements.length === 1 ? found : found?.filter((entry) => selector.matches(entry.object.metadata.labels));
  }

  private postingsOf(label: string, read = (entry: Entry): string | undefined => labelOf(entry, label)): Postings {
    let postings = this.byLabel.get(label);
    if (postings) {
      this.byLabel.delete(label);
    } else {
      postings = new Postings((entry) => labelOf(entry, label));
      for (const entry of this.all()) postings.insert(entry, read(entry));
      const [oldest] = this.byLabel.keys();
      if (this.byLabel.size >= MAX_LABELS && oldest !== undefined) this.byLabel.delete(oldest);
    }
    this.byLabel.set(label, postings);
    return postings;
  }
}

function canLookUp({ operator }: LabelRequirement): boolean {
  return operator === '=' || operator === '==' || operator === 'in' || operator === 'exists';
}

function labelOf(entry: Entry, label: string): string | undefined {
  const labels = labelsOf(entry);
  return labels && Object.hasOwn(labels, label) ? labels[label] : undefined;
}
