import { schemas } from '../schema/catalogue.js';
import type { SchemaNode } from '../schema/node.js';
import type { Kind } from './kind.js';

/** The schema by which fields of a kind's objects are owned and merged; undefined: nothing is known of them. */
export function schemaOf({ definition, custom }: Pick<Kind, 'definition' | 'custom'>): SchemaNode | undefined {
  return custom?.schema ?? (definition === undefined ? undefined : schemas().definition(definition));
}
