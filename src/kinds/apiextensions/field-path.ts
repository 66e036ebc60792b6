import type { JSONSchemaProps } from '../../api/types/apiextensions-v1.js';
import { additionalOf } from './structural.js';

export interface ResolvedField {
  /** The path in its canonical form. */
  readonly path: string;
  /** Name of its first field. */
  readonly first: string;
  readonly schema: JSONSchemaProps | undefined;
}

const TOKEN = /'(?:\\.|[^'\\])*'|[.[\]]|[^.[\]]+/gsy;
const NOT_A_FIELD = 'does not refer to a valid field';

/** The field that a path such as `.spec.color` or `.spec['a.b']` names in a schema; a string is why it names none. */
export function resolveFieldPath(text: string, root: JSONSchemaProps, allowBrackets: boolean): ResolvedField | string {
  const tokens = text.match(TOKEN) ?? [];
  let schema: JSONSchemaProps | undefined = root;
  let [path, first] = ['', ''];
  for (let i = 0; i < tokens.length; i++) {
    const delimiter = tokens[i] ?? '';
    if (delimiter !== '.' && delimiter !== '[') return `expected [ or . but got: ${delimiter}`;
    if (delimiter === '[' && !allowBrackets) return 'array notation is not allowed';
    const token = tokens[++i];
    if (token === undefined) return 'unexpected end of JSON path';
    let name = token;
    if (delimiter === '[') {
      if (!/^'.*'$/s.test(token) || token.length < 2) return `expected single quoted string but got ${token}`;
      name = token.slice(1, -1).replace(/\\(.)/gs, '$1');
    }
    const properties: Readonly<Record<string, JSONSchemaProps>> = schema?.properties ?? {};
    if (Object.keys(properties).length > 0) {
      if (!Object.hasOwn(properties, name)) return NOT_A_FIELD;
      schema = properties[name];
      path += path ? `.${name}` : name;
    } else if (schema?.additionalProperties !== undefined) {
      schema = additionalOf(schema);
      path += `[${name}]`;
    } else return NOT_A_FIELD;
    first ||= name;
    if (delimiter !== '[') continue;
    const end = tokens[++i];
    if (end === undefined) return 'unexpected end of JSON path';
    if (end !== ']') return `expected ] but got ${end}`;
  }
  return { path, first, schema };
}
