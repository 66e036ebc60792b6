import type { KubeObject } from '../../api/object.js';
import { encodeJson } from '../../base/json.js';
import type { Kind } from '../../registry/kind.js';
import { unsavedEntry } from '../../registry/unsaved-entry.js';
import type { ListResponse } from '../request.js';
import { listBytes, listObject, partialListBytes, tableBytes } from './list.js';
import type { Pieces } from '../request.js';
import { partialList } from './partial.js';
import { listTable, type IncludeObject } from './table.js';

const kind = {
  gvk: { group: '', version: 'v1', kind: 'Thing' },
  printer: {
    columns: [{ name: 'Name', type: 'string', format: 'name', description: 'Its <name>', priority: 0 }],
    cells: (object: KubeObject) => [object.metadata.name, 7, '<unset> ü'],
  },
} as unknown as Kind;

function thing(name: string, extra: object = {}): KubeObject {
  return { kind: 'Thing', apiVersion: 'v1', metadata: { name, annotations: { tricky: '}"{\\', 'ü': '"}' }, ...extra }, spec: { metadata: {} } } as unknown as KubeObject;
}

function response(objects: readonly KubeObject[]): ListResponse {
  const entries = objects.map((object) => unsavedEntry(`core/things/${object.metadata.name}`, object));
  return { type: 'list', kind, entries, resourceVersion: '12', continue: 'abc', remainingItemCount: 3 };
}

const lists: ReadonlyArray<readonly [string, readonly KubeObject[]]> = [
  ['no object', []],
  ['one object', [thing('a')]],
  ['several objects', [thing('a'), thing('b', { labels: { x: '\\"' } }), thing('ü')]],
  ['metadata in another place', [{ kind: 'Thing', apiVersion: 'v1', spec: {}, metadata: { name: 'late' } } as unknown as KubeObject]],
  ['more than one piece', Array.from({ length: 40 }, (_, i) => thing(`n${i}`, { annotations: { large: 'x}'.repeat(10_000) } }))],
];

const text = (pieces: Iterable<Buffer>): string => Buffer.concat([...pieces]).toString();

describe.each(lists)('a list of %s', (_, objects) => {
  test('is put together from stored bytes as the encoder would write it', () => {
    const list = response(objects);
    expect(text(listBytes(list))).toBe(`${encodeJson(listObject(list))}\n`);
  });

  test('is the same when it is asked for again and again', () => {
    const list = response(objects);
    const first = text(listBytes(list));
    expect([text(listBytes(list)), text(listBytes(list))]).toEqual([first, first]);
  });

  test('tells its length before it is made', () => {
    const bytes = listBytes(response(objects)) as Pieces;
    expect([bytes.size, text(bytes)]).toEqual([Buffer.byteLength(text(bytes)), text(bytes)]);
  });

  test('as metadata is what the encoder would write', () => {
    const list = response(objects);
    expect(text(partialListBytes(list, 'v1'))).toBe(`${encodeJson(partialList(list, 'v1'))}\n`);
    expect(text(partialListBytes(list, 'v1beta1'))).toBe(`${encodeJson(partialList(list, 'v1beta1'))}\n`);
  });

  test.each<IncludeObject>(['None', 'Metadata', 'Object'])('as a Table with includeObject=%s is what the encoder would write', (include) => {
    const list = response(objects);
    const options = { version: 'v1', include, nowMs: 0 };
    expect(text(tableBytes(list, options))).toBe(`${encodeJson(listTable(kind, list, options))}\n`);
  });
});

test('the rows of no object are null where the printer is the default one, else none', () => {
  const plain = { ...kind, printer: { ...kind.printer, columns: [...kind.printer.columns, { name: 'Created At', type: 'date', format: '', description: '', priority: 0 }] } };
  const rows = [kind, plain].map((one) => {
    const list = { ...response([]), kind: one };
    const options = { version: 'v1', include: 'None', nowMs: 0 } as const;
    expect(text(tableBytes(list, options))).toBe(`${encodeJson(listTable(one, list, options))}\n`);
    return (JSON.parse(text(tableBytes(list, options))) as { rows: unknown }).rows;
  });
  expect(rows).toEqual([[], null]);
});
