import { type FieldType, TypeProblem } from './field-type.js';
import { elementText, type PathElement } from './path-element.js';
import { isMap, type JsonMap } from './value.js';

/**
 * What an applied configuration violates in its schema, as structured-merge-diff words it; undefined where all is well.
 * Looks into atomic parts too. A map is not read past an unknown field.
 */
export function schemaProblems(type: FieldType, value: unknown): string | undefined {
  const problems: string[] = [];
  check(type, value, '', problems);
  if (problems.length === 0) return undefined;
  return problems.length === 1 ? problems[0] : ['errors:', ...problems.map((text) => `  ${text}`)].join('\n');
}

function check(type: FieldType, value: unknown, path: string, problems: string[]): void {
  if (value === null || value === undefined) return;
  const report = (text: string): void => void problems.push(path ? `${path}: ${text}` : text);
  const schema = type.schema;
  switch (schema?.type) {
    case undefined:
    case 'any':
    case 'int-or-string':
      return;
    case 'object':
      return isMap(value) ? checkMap(type, value, path, problems) : report(`expected map, got &{${goValue(value)}}`);
    case 'array':
      return Array.isArray(value) ? checkList(type, value, path, problems) : report(`expected list, got &{${goValue(value)}}`);
    case 'integer':
    case 'number':
      return typeof value === 'number' || typeof value === 'bigint' ? undefined : report(`expected numeric (int or float), got ${goTypeName(value)}`);
    case 'boolean':
      return typeof value === 'boolean' ? undefined : report(`expected boolean, got &{${goValue(value)}}`);
    case 'quantity':
      return typeof value === 'object' ? report(`expected any scalar, got &{${goValue(value)}}`) : undefined;
    default:
      if (schema?.format && schema.format !== 'byte') return typeof value === 'object' ? report(`expected any scalar, got &{${goValue(value)}}`) : undefined;
      return typeof value === 'string' ? undefined : report(`expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`);
  }
}

function checkMap(type: FieldType, map: JsonMap, path: string, problems: string[]): void {
  for (const key of Object.keys(map)) {
    const inner = `${path}.${key}`;
    if (!type.open && !type.declares(key)) {
      problems.push(`${inner}: field not declared in schema`);
      return;
    }
    check(type.place(key).type, map[key], inner, problems);
  }
}

function checkList(type: FieldType, items: readonly unknown[], path: string, problems: string[]): void {
  const seen = new Set<PathElement>();
  for (const [index, item] of items.entries()) {
    let element = `i:${index}`;
    if (type.shape !== 'leaf') {
      try {
        element = type.itemElement(item);
      } catch (error) {
        if (!(error instanceof TypeProblem)) throw error;
        problems.push(`${path}: element ${index}: ${error.message}`);
        return;
      }
      if (seen.has(element)) problems.push(`${path}: duplicate entries for key ${elementText(element)}`);
      seen.add(element);
    }
    check(type.element, item, path + elementText(element), problems);
  }
}

/** `%v` of a decoded value. */
function goValue(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(goValue).join(' ')}]`;
  if (!isMap(value)) return String(value);
  return `map[${Object.keys(value).sort().map((key) => `${key}:${goValue(value[key])}`).join(' ')}]`;
}

/** `%T` of a decoded value. */
function goTypeName(value: unknown): string {
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'bool';
  return Array.isArray(value) ? '[]interface {}' : 'map[string]interface {}';
}

/** `%#v` of a decoded value. */
function goSyntax(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(', ')}}`;
  if (!isMap(value)) return String(value ?? 'interface {}(nil)');
  return `map[string]interface {}{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${goSyntax(value[key])}`).join(', ')}}`;
}
