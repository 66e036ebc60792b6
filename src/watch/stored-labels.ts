import type { Entry } from '../storage/types.js';

type Labels = Readonly<Record<string, string>>;

/** As the objects of this API begin; what begins otherwise is parsed. */
const HEAD = /^\{"kind":"[^"\\]*","apiVersion":"[^"\\]*","metadata":\{/;
const HEAD_BYTES = 512;
const LABELS = Buffer.from('"labels":{');
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/** The labels of a stored object, without parsing the rest of it: an index over many objects needs nothing else of them. */
export function labelsOf(entry: Entry): Labels | undefined {
  const { json } = entry;
  const head = HEAD.exec(json.toString('latin1', 0, HEAD_BYTES));
  if (!head) return entry.object.metadata.labels;
  let depth = 1;
  for (let at = head[0].length; at < json.length; at++) {
    switch (json[at]) {
      case QUOTE: {
        if (depth === 1 && json[at + 1] === LABELS[1] && json.compare(LABELS, 0, LABELS.length, at, at + LABELS.length) === 0) return parsed(json, at + LABELS.length - 1);
        at = endOfString(json, at);
        break;
      }
      case OPEN_BRACE:
      case OPEN_BRACKET:
        depth++;
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        if (--depth === 0) return undefined;
        break;
      default:
    }
  }
  return undefined;
}

/** The object of strings that begins at `start`. */
function parsed(json: Buffer, start: number): Labels {
  let at = start + 1;
  while (json[at] !== CLOSE_BRACE) at = json[at] === QUOTE ? endOfString(json, at) + 1 : at + 1;
  return JSON.parse(json.toString('utf8', start, at + 1)) as Labels;
}

/** Where the string that begins at `at` has its closing quote. */
function endOfString(json: Buffer, at: number): number {
  let end = at + 1;
  while (end < json.length && json[end] !== QUOTE) end += json[end] === BACKSLASH ? 2 : 1;
  return end;
}
