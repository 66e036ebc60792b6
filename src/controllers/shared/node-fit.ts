import type { Taint, Toleration } from '../../api/types/core-v1.js';
import { tolerates } from '../../api/tolerations.js';

/** The first taint of one of these effects that no toleration covers. */
export function untoleratedTaint(taints: readonly Taint[] | undefined, tolerations: readonly Toleration[] | undefined, effects: readonly string[]): Taint | undefined {
  return taints?.find((taint) => effects.includes(taint.effect) && !tolerates(tolerations, taint));
}
