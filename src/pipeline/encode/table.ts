import { badRequest } from '../../api/errors.js';
import type { KubeObject } from '../../api/object.js';
import type { Entry } from '../../storage/types.js';
import type { Kind } from '../../registry/kind.js';
import { listMeta, partialObject, type ListMeta } from './partial.js';

/** What a Table row carries beside its cells: `includeObject` of the request. */
export type IncludeObject = 'None' | 'Metadata' | 'Object';

/** Throws 400 for a value that is none. */
export function includeObject(query: URLSearchParams): IncludeObject {
  const value = query.get('includeObject') ?? '';
  if (value === '' || value === 'Metadata') return 'Metadata';
  if (value === 'None' || value === 'Object') return value;
  throw badRequest(`Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(value)}: must be 'Metadata', 'Object', 'None', or empty`);
}

export interface TableOptions {
  readonly version: string;
  readonly include: IncludeObject;
  readonly nowMs: number;
}

export function columnDefinitions(kind: Pick<Kind, 'printer'>): object[] {
  return kind.printer.columns.map(({ name, type, format, description, priority }) => ({ name, type, format, description, priority }));
}

/** Whether the rows of an empty list are null: Kubernetes' default printer, of a name and a date alone, makes no list for them. */
export const hasNilRows = ({ printer }: Pick<Kind, 'printer'>): boolean => printer.columns.at(-1)?.name === 'Created At';

export interface Row {
  readonly object: KubeObject;
  /** What the cells are of, where that is something else. */
  readonly printed?: KubeObject;
}

/** A meta.k8s.io Table of objects. In a watch only the first event carries the columns. */
export function table(kind: Pick<Kind, 'printer'>, entries: readonly Row[], metadata: ListMeta, options: TableOptions, withColumns = true): object {
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${options.version}`,
    metadata,
    columnDefinitions: withColumns ? columnDefinitions(kind) : null,
    rows: entries.length === 0 && hasNilRows(kind) ? null : entries.map(({ object, printed = object }) => ({
      cells: kind.printer.cells(printed, options.nowMs),
      ...(options.include === 'None' ? { object: null } : { object: options.include === 'Object' ? object : partialObject(object, options.version) }),
    })),
  };
}

export function objectTable(kind: Pick<Kind, 'printer'>, object: KubeObject, options: TableOptions): object {
  return table(kind, [{ object }], object.metadata.resourceVersion ? { resourceVersion: object.metadata.resourceVersion } : {}, options);
}

export function listTable(kind: Kind, response: { entries: readonly Entry[]; resourceVersion: string; continue?: string | undefined; remainingItemCount?: number | undefined }, options: TableOptions): object {
  return table(kind, response.entries, listMeta(response), options);
}
