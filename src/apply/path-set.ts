import {
  canonicalSet,
  difference,
  eachPath,
  equalFields,
  type Fields,
  fromEntries,
  hasPath,
  intersection,
  isLeaf,
  LEAF,
  recursiveDifference,
  union,
} from './fields.js';
import { fieldElement, type Path, pathText } from './path-element.js';

/** An immutable set of paths into an object: what a manager owns. Its JSON form is FieldsV1. */
export class PathSet {
  static readonly empty = new PathSet(LEAF);

  private constructor(
    /** The canonical FieldsV1 form. Frozen by whoever stores it; never changed here. */
    readonly fields: Fields,
  ) {}

  /** Takes fields that are canonical, as all functions of this folder make them. */
  static of(fields: Fields): PathSet {
    return isLeaf(fields) ? PathSet.empty : new PathSet(fields);
  }

  /** Reads FieldsV1 as a client may write it. Throws an Error for malformed path elements. */
  static fromJSON(json: unknown): PathSet {
    return PathSet.of(canonicalSet(json));
  }

  static fromPaths(paths: readonly Path[]): PathSet {
    return PathSet.of(paths.reduce((all: Fields, path) => union(all, single(path)), LEAF));
  }

  get isEmpty(): boolean {
    return isLeaf(this.fields);
  }

  has(path: Path): boolean {
    return hasPath(this.fields, path);
  }

  union(other: PathSet): PathSet {
    return PathSet.of(union(this.fields, other.fields));
  }

  /** Paths of this set that are not in the other; a path below one of the other's stays. */
  difference(other: PathSet): PathSet {
    return PathSet.of(difference(this.fields, other.fields));
  }

  /** Paths of this set that are neither in the other nor below a path of it. */
  recursiveDifference(other: PathSet): PathSet {
    return PathSet.of(recursiveDifference(this.fields, other.fields));
  }

  intersection(other: PathSet): PathSet {
    return PathSet.of(intersection(this.fields, other.fields));
  }

  equals(other: PathSet): boolean {
    return equalFields(this.fields, other.fields);
  }

  /** All paths, those of one level before what is below them. */
  paths(): Path[] {
    const all: Path[] = [];
    eachPath(this.fields, (path) => all.push(path));
    return all;
  }

  /** One path a line, as messages show them. */
  toString(): string {
    return this.paths().map(pathText).join('\n');
  }

  toJSON(): Fields {
    return this.fields;
  }
}

function single(path: Path): Fields {
  return path.reduceRight<Fields>((below, element) => fromEntries([[element, below]]), LEAF);
}

/** A set of field paths: `pathSet('spec.replicas', ['metadata', 'annotations', 'a.b/c'])`; a text is split at its dots. */
export function pathSet(...paths: ReadonlyArray<string | readonly string[]>): PathSet {
  return PathSet.fromPaths(paths.map((path) => (typeof path === 'string' ? path.split('.') : path).map(fieldElement)));
}
