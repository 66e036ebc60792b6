import { humanDuration, timeMs } from '../../api/time.js';
import type { CustomResourceColumnDefinition } from '../../api/types/apiextensions-v1.js';
import type { Cell, Printer } from '../../registry/kind.js';
import type { ColumnFact } from '../../schema/catalogue.js';
import { resourceFacts } from '../../schema/catalogue.js';
import { parseJsonPath, printed } from './json-path.js';

const AGE: CustomResourceColumnDefinition = {
  name: 'Age',
  type: 'date',
  description: 'CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata',
  jsonPath: '.metadata.creationTimestamp',
};

/** Tables of custom resources: the name, and what the definition says, or else the age. */
export function columnsOf(columns: readonly CustomResourceColumnDefinition[] | undefined): { readonly facts: ColumnFact[]; readonly cells: Printer['cells'] } {
  const own = (columns ?? []).length > 0 ? (columns as CustomResourceColumnDefinition[]) : [AGE];
  const readers = own.map(({ type, jsonPath }) => ({ type, path: parseJsonPath(jsonPath) }));
  const facts: ColumnFact[] = [
    { name: 'Name', type: 'string', format: 'name', description: nameDescription() },
    ...own.map(({ name, type, format, description, priority, jsonPath }) => ({
      name,
      type,
      format: format ?? '',
      description: description || `Custom resource definition column (in JSONPath format): ${jsonPath}`,
      priority: priority ?? 0,
    })),
  ];
  return {
    facts,
    cells: (object, nowMs) => [object.metadata.name, ...readers.map(({ type, path }) => cell(type, path?.find(object) ?? [], nowMs))],
  };
}

/** What every kind says of its names. */
function nameDescription(): string {
  for (const { columns } of resourceFacts()) for (const { name, description } of columns ?? []) if (name === 'Name' && description) return description;
  return '';
}

function cell(type: string, [value]: readonly unknown[], nowMs: number): Cell {
  if (value === undefined || value === null) return null;
  switch (type) {
    case 'string':
      return printed(value);
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null;
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'date': {
      if (typeof value !== 'string') return null;
      const time = timeMs(value);
      return time === undefined ? '<invalid>' : humanDuration(nowMs - time);
    }
    default:
      return null;
  }
}
