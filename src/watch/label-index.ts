import type { LabelMatcher, LabelRequirement } from '../api/label-selector.js';
import type { Change, Entry } from '../storage/types.js';
import { Postings } from './postings.js';

/** Labels of one resource that have an index at a time; the one not asked for the longest gives way. */
const MAX_LABELS = 32;

/** Indexes of one resource by label, each made when a selector first asks for that label. */
export class LabelIndex {
  /** In order of use, the latest last. */
  private readonly byLabel = new Map<string, Postings>();

  /** `all` gives every entry of the resource. */
  constructor(private readonly all: () => readonly Entry[]) {}

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

  private postingsOf(label: string): Postings {
    let postings = this.byLabel.get(label);
    if (postings) {
      this.byLabel.delete(label);
    } else {
      postings = new Postings((entry) => labelOf(entry, label));
      for (const entry of this.all()) postings.update(undefined, entry);
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
  const { labels } = entry.object.metadata;
  return labels && Object.hasOwn(labels, label) ? labels[label] : undefined;
}
