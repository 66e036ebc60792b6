import { labelMatcherOf } from '../../api/label-selector.js';
import { humanDuration, timeMs } from '../../api/time.js';
import type { LabelSelector } from '../../api/types/meta-v1.js';

/** Cells that tables of many kinds share (pkg/printers). */

/** How long ago a time was: `5m`; `<unknown>` when it is not set. */
export function age(timestamp: string | undefined | null, nowMs: number): string {
  const then = timeMs(timestamp);
  return then === undefined ? '<unknown>' : humanDuration(nowMs - then);
}

/** `a=b,c=d` in the order of keys, or `<none>`. */
export function labelsCell(labels: Readonly<Record<string, string>> | undefined): string {
  const text = Object.entries(labels ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(',');
  return text || '<none>';
}

/** A LabelSelector's text, or `<none>`. */
export function selectorCell(selector: LabelSelector | undefined): string {
  try {
    return labelMatcherOf(selector).toString() || '<none>';
  } catch {
    return '<error>';
  }
}

/** Names and images of a pod template's containers, each joined by commas. */
export function containerCells(containers: ReadonlyArray<{ name: string; image?: string | undefined }> | undefined): [names: string, images: string] {
  const list = containers ?? [];
  return [list.map((c) => c.name).join(','), list.map((c) => c.image ?? '').join(',')];
}

/** `True`, `False` or `<unset>`. */
export function boolCell(value: boolean | undefined): string {
  return value === undefined ? '<unset>' : value ? 'True' : 'False';
}

/** The first three of a list, and how many more there are. */
export function firstThree(list: readonly string[], empty: string): string {
  const shown = list.slice(0, 3).join(',');
  return list.length > 3 ? `${shown} + ${list.length - 3} more...` : shown || empty;
}
