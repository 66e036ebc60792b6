import { canonicalQuantity } from '../../api/quantity.js';
import type { LabelSelector } from '../../api/types/meta-v1.js';
import { toTyped } from '../../schema/typed.js';

const LABEL_SELECTOR = 'io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector';

class Refused extends Error {}

/**
 * Reads JSON as Go's decoder fills structs: names in any case, null is nothing, other types than expected are
 * refused. For annotations whose types are in no schema.
 */
export class JsonReader {
  private readonly values = new Map<string, unknown>();

  private constructor(value: unknown) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Refused();
    for (const [key, item] of Object.entries(value)) this.values.set(key.toLowerCase(), item);
  }

  /** Reads a list of objects; undefined where Go would refuse the text. */
  static list<T>(text: string, read: (item: JsonReader) => T): T[] | undefined {
    return unlessRefused(() => {
      const parsed = JSON.parse(text) as unknown;
      if (parsed === null) return [];
      if (!Array.isArray(parsed)) throw new Refused();
      return parsed.map((item: unknown) => read(new JsonReader(item ?? {})));
    });
  }

  /** Reads one object; undefined where Go would refuse the text. */
  static object<T>(text: string, read: (item: JsonReader) => T): T | undefined {
    return unlessRefused(() => read(new JsonReader((JSON.parse(text) as unknown) ?? {})));
  }

  private get(name: string): unknown {
    return this.values.get(name.toLowerCase()) ?? undefined;
  }

  text(name: string): string {
    const value = this.get(name);
    if (value !== undefined && typeof value !== 'string') throw new Refused();
    return value ?? '';
  }

  integer(name: string): number | undefined {
    const value = this.get(name);
    if (value !== undefined && !(typeof value === 'number' && Number.isInteger(value) && Math.abs(value) <= 0x7fffffff)) throw new Refused();
    return value;
  }

  quantity(name: string): string | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    if (typeof value !== 'string' && typeof value !== 'number') throw new Refused();
    return canonicalQuantity(value);
  }

  child(name: string): JsonReader | undefined {
    const value = this.get(name);
    return value === undefined ? undefined : new JsonReader(value);
  }

  children(name: string): JsonReader[] | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    if (!Array.isArray(value)) throw new Refused();
    return value.map((item: unknown) => new JsonReader(item ?? {}));
  }

  selector(name: string): LabelSelector | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    if (typeof value !== 'object' || value === null) throw new Refused();
    return toTyped(LABEL_SELECTOR, value).object as LabelSelector;
  }
}

/** Whatever is wrong with the text, Kubernetes takes no notice of the annotation. */
function unlessRefused<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
