import type { KubeObject } from '../../../api/object.js';

/** The Status that answers an action which has no object to show. */
export function successStatus(code: number): KubeObject {
  const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code };
  return status as unknown as KubeObject;
}
