import type { Pod, Toleration } from '../../api/types/core-v1.js';
import type { RuntimeClass } from '../../api/types/node-v1.js';
import { Quantity } from '../../api/quantity.js';
import { isResource, refuse } from '../refuse.js';
import type { AdmissionAttributes, AdmissionPlugin } from '../types.js';

/** A pod's runtime class must exist; its overhead, node selector and tolerations become the pod's. */
export const runtimeClass: AdmissionPlugin = {
  name: 'RuntimeClass',
  mutate(attributes) {
    const found = lookUp(attributes);
    if (!found) return;
    const { pod, runtime } = found;
    const overhead = runtime?.overhead?.podFixed;
    if (runtime?.overhead) {
      if (Object.keys(pod.spec.overhead ?? {}).length > 0 && !sameAmounts(overhead, pod.spec.overhead)) {
        throw refuse(attributes, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
      }
      if (overhead) pod.spec.overhead = { ...overhead };
      else delete pod.spec.overhead;
    }
    if (runtime?.scheduling) schedule(attributes, pod, runtime);
  },
  validate(attributes) {
    const found = lookUp(attributes);
    if (!found) return;
    const { pod, runtime } = found;
    if (runtime?.overhead) {
      if (!sameAmounts(runtime.overhead.podFixed, pod.spec.overhead)) throw refuse(attributes, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
    } else if (pod.spec.overhead) {
      throw refuse(attributes, 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead');
    }
  },
};

function lookUp(attributes: AdmissionAttributes): { pod: Pod; runtime: RuntimeClass | undefined } | undefined {
  if (!isResource(attributes, '', 'pods') || attributes.operation !== 'CREATE') return undefined;
  const pod = attributes.object as Pod;
  const name = pod.spec.runtimeClassName;
  if (name === undefined) return { pod, runtime: undefined };
  const runtime = attributes.reader.get(`node.k8s.io/runtimeclasses/${name}`)?.object as RuntimeClass | undefined;
  if (!runtime) throw refuse(attributes, `pod rejected: RuntimeClass ${JSON.stringify(name)} not found`);
  return { pod, runtime };
}

type Amounts = Readonly<Record<string, string | number>> | undefined;

function sameAmounts(a: Amounts, b: Amounts): boolean {
  const names = Object.keys(a ?? {});
  if (names.length !== Object.keys(b ?? {}).length) return false;
  return names.every((name) => b?.[name] !== undefined && Quantity.parse(a?.[name] ?? 0).equals(Quantity.parse(b[name])));
}

function schedule(attributes: AdmissionAttributes, { spec }: Pod, { scheduling }: RuntimeClass): void {
  for (const [key, value] of Object.entries(scheduling?.nodeSelector ?? {})) {
    const own = spec.nodeSelector?.[key];
    if (own !== undefined && own !== value) throw refuse(attributes, `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own}`);
  }
  if (scheduling?.nodeSelector) spec.nodeSelector = { ...spec.nodeSelector, ...scheduling.nodeSelector };
  const tolerations = mergeTolerations(spec.tolerations ?? [], scheduling?.tolerations ?? []);
  if (tolerations.length > 0) spec.tolerations = tolerations;
}

/** Both lists, without what another toleration covers (pkg/util/tolerations). */
export function mergeTolerations(first: readonly Toleration[], second: readonly Toleration[]): Toleration[] {
  const all = [...first, ...second];
  const merged: Toleration[] = [];
  all.forEach((toleration, i) => {
    const covered = merged.some((other) => covers(other, toleration)) || all.slice(i + 1).some((other) => !same(other, toleration) && covers(other, toleration));
    if (!covered) merged.push(toleration);
  });
  return merged;
}

const FIELDS = ['key', 'operator', 'value', 'effect', 'tolerationSeconds'] as const;
const same = (a: Toleration, b: Toleration): boolean => FIELDS.every((field) => (a[field] ?? '') === (b[field] ?? ''));

function covers(wide: Toleration, narrow: Toleration): boolean {
  if (same(wide, narrow)) return true;
  if ((wide.key ?? '') !== (narrow.key ?? '') && (wide.key || wide.operator !== 'Exists')) return false;
  if ((wide.effect ?? '') !== (narrow.effect ?? '') && wide.effect) return false;
  if (wide.effect === 'NoExecute' && wide.tolerationSeconds !== undefined && (narrow.tolerationSeconds === undefined || narrow.tolerationSeconds > wide.tolerationSeconds)) return false;
  if (wide.operator === 'Exists') return true;
  return (!wide.operator || wide.operator === 'Equal') && narrow.operator === 'Equal' && (narrow.value ?? '') === (wide.value ?? '');
}
