import type { Taint, Toleration } from './types/core-v1.js';

/** Whether one of the tolerations covers a taint (k8s.io/api/core/v1 Toleration.ToleratesTaint). */
export function tolerates(tolerations: readonly Toleration[] | undefined, taint: Taint): boolean {
  return (tolerations ?? []).some((toleration) => toleratesTaint(toleration, taint));
}

export function toleratesTaint({ key, operator, value, effect }: Toleration, taint: Taint): boolean {
  if (effect && effect !== taint.effect) return false;
  if (key && key !== taint.key) return false;
  switch (operator) {
    case undefined:
    case '':
    case 'Equal':
      return key !== undefined && key !== '' && (value ?? '') === (taint.value ?? '');
    case 'Exists':
      return true;
    case 'Gt':
    case 'Lt': {
      const [wanted, found] = [Number(value), Number(taint.value)];
      return operator === 'Gt' ? found > wanted : found < wanted;
    }
    default:
      return false;
  }
}
