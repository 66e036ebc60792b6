import { compareBytes } from '../base/sorted-map.js';
import { decodeHistory, decodeIndex, decodeMeta, encodeHistory, encodeIndex, encodeMeta, historyRow, indexRow, keyOfIndexRow, parseRevisionRow, recordRow, revisionRange } from './rows.js';
import { revision } from './types.js';

const INTEGERS = [0, 1, 255, 256, 65_535, 16_777_215, 16_777_216, 4_294_967_296, 1_767_225_600_000, Number.MAX_SAFE_INTEGER];

describe('rows', () => {
  test.each(INTEGERS)('keep the integer %d', (value) => {
    const index = { revision: revision(value), createRevision: revision(1), expires: value || undefined };
    expect(decodeIndex(encodeIndex(index))).toEqual(index);
    const history = { deleted: true, previous: revision(value), createRevision: revision(3), expires: undefined, bytes: value };
    expect(decodeHistory(encodeHistory(history))).toEqual(history);
    expect(decodeHistory(encodeHistory({ ...history, deleted: false })).deleted).toBe(false);
    expect(decodeMeta(Buffer.from(encodeMeta(value)))).toBe(value);
  });

  test.each(['', 'x', '-1', '1.5', '1e3', '12345678901234567'])('take %j for damaged meta', (value) => {
    expect(decodeMeta(Buffer.from(value))).toBeUndefined();
  });

  test('sort by revision, then by key', () => {
    const rows = INTEGERS.flatMap((value) => ['a', 'b/c'].map((key) => recordRow(value, key)));
    expect(rows.toSorted(compareBytes)).toEqual(rows);
    expect(parseRevisionRow(recordRow(42, 'core/pods/a/b'))).toEqual({ revision: 42, key: 'core/pods/a/b' });
    expect(parseRevisionRow(historyRow(42, 'x'))).toEqual({ revision: 42, key: 'x' });
    expect(keyOfIndexRow(indexRow('core/nodes/n'))).toBe('core/nodes/n');
  });

  test('of a range are those after its start up to and including its end', () => {
    const { from, to } = revisionRange('r', 9, 11);
    const found = [8, 9, 10, 11, 12].filter((value) => compareBytes(recordRow(value, 'k'), from) >= 0 && compareBytes(recordRow(value, 'k'), to) < 0);
    expect(found).toEqual([10, 11]);
  });
});
