import type { KubeObject } from '../api/object.js';
import type { Entry } from '../storage/types.js';
import { deepFreeze } from '../base/freeze.js';
import { encodeJson } from '../base/json.js';
import type { Kind } from './kind.js';

/**
 * Objects of kinds that are served in several versions (autoscaling, Events), converted from their stored form.
 * A view is made once per entry and kind, so that its bytes are encoded once as well.
 */
const views = new WeakMap<Entry, Map<Kind, Entry>>();

/** The entry as the kind shows it: itself, unless the kind's version is not the stored one. */
export function viewEntry(kind: Kind, entry: Entry): Entry {
  const convert = kind.storage.fromStorage;
  if (!convert) return entry;
  const known = views.get(entry)?.get(kind);
  if (known) return known;
  const view = new ConvertedEntry(entry, convert);
  const perKind = views.get(entry) ?? new Map<Kind, Entry>();
  views.set(entry, perKind.set(kind, view));
  return view;
}

/** How many objects are converted at the same time. */
const LANES = 16;

/** Makes the views that only a webhook can make; to be awaited before `viewEntry`. Rejects with ApiError 500. */
export async function loadViews(kind: Kind, entries: readonly Entry[]): Promise<void> {
  if (!kind.storage.remote) return;
  const missing = entries.filter((entry) => !views.get(entry)?.has(kind));
  for (let at = 0; at < missing.length; at += LANES) await Promise.all(missing.slice(at, at + LANES).map((entry) => loadView(kind, entry)));
}

/** The entry as the kind shows it, converted anew: what is read for itself never comes from a cache in Kubernetes. */
export async function loadView(kind: Kind, entry: Entry): Promise<Entry> {
  const { remote, fromStorage } = kind.storage;
  if (!remote || !fromStorage) return viewEntry(kind, entry);
  const object = deepFreeze(await remote.fromStorage(entry.object));
  const view = new ConvertedEntry(entry, () => object);
  const perKind = views.get(entry) ?? new Map<Kind, Entry>();
  views.set(entry, perKind.set(kind, view));
  return view;
}

class ConvertedEntry implements Entry {
  readonly cache = new Map<string, Buffer>();
  private converted: KubeObject | undefined;
  private bytes: Buffer | undefined;

  constructor(
    private readonly stored: Entry,
    private readonly convert: (stored: KubeObject) => KubeObject,
  ) {}

  get key(): Entry['key'] {
    return this.stored.key;
  }

  get revision(): Entry['revision'] {
    return this.stored.revision;
  }

  get createRevision(): Entry['createRevision'] {
    return this.stored.createRevision;
  }

  get expires(): number | undefined {
    return this.stored.expires;
  }

  get object(): KubeObject {
    return (this.converted ??= this.convert(this.stored.object));
  }

  get json(): Buffer {
    // Where nothing had to be converted there is nothing to encode.
    if (this.object === this.stored.object) return this.stored.json;
    return (this.bytes ??= Buffer.from(encodeJson(this.object)));
  }
}
