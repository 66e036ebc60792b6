import { list as listObjects } from '../../registry/list.js';
import { Selection } from '../../registry/selection.js';
import { listOptions } from '../options.js';
import type { ListResponse } from '../request.js';
import type { Scope } from '../scope.js';

export async function list(scope: Scope): Promise<ListResponse> {
  const { registry, info, kind, request } = scope;
  const options = listOptions(request.query);
  const selection = Selection.of(kind, options.labels, options.fields);
  const result = await listObjects(registry, kind, info.namespace, { ...options, selection, request });
  return { type: 'list', kind, ...result };
}
