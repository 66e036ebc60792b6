import { Quantity } from '../../api/quantity.js';
import type { Pod } from '../../api/types/core-v1.js';

/** Annotations of pods that say what they use: of the whole pod, or of one container (`kubette.dev/usage-cpu.NAME`). */
const CPU = 'kubette.dev/usage-cpu';
const MEMORY = 'kubette.dev/usage-memory';

/** What annotations say of a container; undefined for what they leave open. */
export interface AnnotatedUsage {
  readonly cpuNanocores: number | undefined;
  readonly memoryWorkingSetBytes: number | undefined;
}

/** What a pod is annotated to use, as far as it is a quantity. A pod's amount is shared by its `running` containers. Pure. */
export function annotatedUsage({ metadata: { annotations = {} } }: Pod, container: string, running: number): AnnotatedUsage {
  const of = (name: string): number | undefined => {
    const own = amount(annotations, `${name}.${container}`);
    const shared = amount(annotations, name);
    return own ?? (shared === undefined ? undefined : shared / running);
  };
  const cores = of(CPU);
  const bytes = of(MEMORY);
  return { cpuNanocores: cores === undefined ? undefined : Math.round(cores * 1e9), memoryWorkingSetBytes: bytes === undefined ? undefined : Math.round(bytes) };
}

function amount(annotations: Readonly<Record<string, string>>, key: string): number | undefined {
  const quantity = Object.hasOwn(annotations, key) ? Quantity.tryParse(annotations[key]) : undefined;
  return quantity === undefined || quantity.sign < 0 ? undefined : quantity.toNumber();
}
