import type { KubeObject, ManagedFieldsEntry } from '../api/object.js';
import { deepFreeze } from '../base/freeze.js';
import type { ObjectCodec } from './codec.js';

const MANAGED_FIELDS = '"managedFields":[';
const FIELDS = '"fieldsV1":';
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const CLOSE_BRACKET = 0x5d;

/** How many field sets are remembered, and up to which length: bounds what they can take. */
const MAX_SETS = 500;
const MAX_LENGTH = 16 * 1024;

/**
 * Reads stored objects. Field sets of managed fields are a third of a small object, and those of objects made from one
 * template are equal: each is parsed once and shared, frozen.
 */
export class StoredJson {
  private readonly sets = new Map<string, object>();

  constructor(private readonly codec: ObjectCodec) {}

  decode(text: string): KubeObject {
    return this.decodeShared(text) ?? this.codec.decode(text);
  }

  /** Undefined where there is nothing to share, or where it does not stand where it should. */
  private decodeShared(text: string): KubeObject | undefined {
    // No string value can hold this: its quotes would be escaped. Before metadata there is no list.
    const start = text.indexOf(MANAGED_FIELDS);
    if (start < 0) return undefined;
    const ranges = fieldSets(text, start + MANAGED_FIELDS.length);
    if (ranges.length === 0) return undefined;
    let rest = '';
    let from = 0;
    // Each set gives way to its number while the rest is parsed.
    ranges.forEach(({ begin, end }, i) => {
      rest += text.slice(from, begin) + i;
      from = end;
    });
    const object = this.codec.decode(rest + text.slice(from));
    const entries: unknown = object.metadata?.managedFields;
    if (!Array.isArray(entries)) return undefined;
    let next = 0;
    for (const entry of entries as Array<Omit<ManagedFieldsEntry, 'fieldsV1'> & { fieldsV1?: unknown }>) {
      if (entry.fieldsV1 === undefined) continue;
      const range = ranges[next];
      if (!range || entry.fieldsV1 !== next++) return undefined;
      entry.fieldsV1 = this.fieldSet(text.slice(range.begin, range.end));
    }
    return next === ranges.length ? object : undefined;
  }

  private fieldSet(text: string): object {
    const known = this.sets.get(text);
    if (known) return known;
    const set = deepFreeze(this.codec.decode(text));
    if (text.length > MAX_LENGTH) return set;
    if (this.sets.size >= MAX_SETS) this.sets.clear();
    // A copy: a slice would keep the whole text that it was cut from.
    this.sets.set(Buffer.from(text, 'utf8').toString('utf8'), set);
    return set;
  }
}

interface Range {
  readonly begin: number;
  readonly end: number;
}

/** Where the field sets stand in a list of managed fields that begins at `at`. */
function fieldSets(text: string, at: number): Range[] {
  const ranges: Range[] = [];
  let depth = 0;
  for (let i = at; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case QUOTE: {
        const isSet = depth === 1 && text.startsWith(FIELDS, i);
        while (text.charCodeAt(++i) !== QUOTE) {
          if (i >= text.length) return [];
          if (text.charCodeAt(i) === BACKSLASH) i++;
        }
        if (!isSet) break;
        const begin = i + 2;
        if (text.charCodeAt(begin) !== OPEN_BRACE) return [];
        const end = endOfObject(text, begin);
        if (end === 0) return [];
        ranges.push({ begin, end });
        i = end - 1;
        break;
      }
      case OPEN_BRACE:
        depth++;
        break;
      case CLOSE_BRACE:
        depth--;
        break;
      case CLOSE_BRACKET:
        if (depth === 0) return ranges;
        break;
      default:
    }
  }
  return [];
}

/** The index after the object that begins at `at`; 0 if it does not end. */
function endOfObject(text: string, at: number): number {
  let depth = 0;
  for (let i = at; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case QUOTE:
        while (text.charCodeAt(++i) !== QUOTE) {
          if (i >= text.length) return 0;
          if (text.charCodeAt(i) === BACKSLASH) i++;
        }
        break;
      case OPEN_BRACE:
        depth++;
        break;
      case CLOSE_BRACE:
        if (--depth === 0) return i + 1;
        break;
      default:
    }
  }
  return 0;
}
