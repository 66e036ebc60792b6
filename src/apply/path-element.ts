import { canonicalJson, compareText, compareValues, type JsonMap, valueText } from './value.js';

/**
 * One step of a path into an object, in the text that FieldsV1 uses: `f:NAME` a field, `k:{…}` the list item with these
 * keys, `v:VALUE` the item of a set, `i:N` an index. Texts are canonical, so equal steps are equal strings.
 */
export type PathElement = string;

export type Path = readonly PathElement[];

export const fieldElement = (name: string): PathElement => `f:${name}`;

/** The item of a keyed list; `keys` in any order. */
export function keyElement(keys: JsonMap): PathElement {
  const names = Object.keys(keys);
  const [only] = names;
  if (names.length === 1 && only !== undefined) return `k:{${canonicalJson(only)}:${canonicalJson(keys[only])}}`;
  return `k:${canonicalJson(keys)}`;
}

export const valueElement = (value: unknown): PathElement => `v:${canonicalJson(value)}`;

/** `.spec.containers[name="x"].ports` as conflict messages show paths. */
export function pathText(path: Path): string {
  return path.map(elementText).join('');
}

export function elementText(element: PathElement): string {
  const content = element.slice(2);
  switch (element[0]) {
    case 'f':
      return `.${content}`;
    case 'k':
      return `[${sortedKeys(content).map(([name, value]) => `${name}=${valueText(value)}`).join(',')}]`;
    case 'v':
      return `[=${valueText(JSON.parse(content))}]`;
    default:
      return `[${content}]`;
  }
}

/** The canonical form of a step that a client wrote; undefined for kinds unknown here. Throws for malformed ones. */
export function parseElement(text: string): PathElement | undefined {
  if (text.length < 2) throw new Error('key must be 2 characters long:');
  if (text[1] !== ':') throw new Error(`missing colon: ${text}`);
  const content = text.slice(2);
  switch (text[0]) {
    case 'f':
      return text;
    case 'k':
      return keyElement(JSON.parse(content) as JsonMap);
    case 'v':
      return valueElement(JSON.parse(content));
    case 'i':
      if (!/^[+-]?\d+$/.test(content)) throw new Error(`strconv.Atoi: parsing ${JSON.stringify(content)}: invalid syntax`);
      return `i:${Number(content)}`;
    default:
      return undefined;
  }
}

const RANK: Readonly<Record<string, number>> = { f: 0, k: 1, v: 2, i: 3 };

/** The order in which FieldsV1 lists steps: fields, keyed items, set items, indices; keys and values by their own order. */
export function compareElements(a: PathElement, b: PathElement): number {
  if (a === b) return 0;
  const rank = (RANK[a[0] as string] as number) - (RANK[b[0] as string] as number);
  if (rank !== 0) return rank;
  switch (a[0]) {
    case 'f':
      return compareText(a, b);
    case 'k':
      return compareKeys(sortedKeys(a.slice(2)), sortedKeys(b.slice(2)));
    case 'v':
      return compareValues(JSON.parse(a.slice(2)), JSON.parse(b.slice(2)));
    default:
      return Number(a.slice(2)) - Number(b.slice(2));
  }
}

type Keys = ReadonlyArray<readonly [string, unknown]>;

function sortedKeys(json: string): Keys {
  // Canonical texts have their keys sorted already.
  return Object.entries(JSON.parse(json) as JsonMap);
}

function compareKeys(a: Keys, b: Keys): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const [leftName, left] = a[i] as Keys[number];
    const [rightName, right] = b[i] as Keys[number];
    const order = compareText(leftName, rightName) || compareValues(left, right);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}
