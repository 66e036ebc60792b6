import { duplicate, Path, required, type FieldError } from '../../api/field.js';

const CONDITIONS = Path.of('status', 'conditions');

/** Errors of the conditions of a flow schema or priority level: they only need a type, each another one. */
export function flowConditionErrors(status: { readonly conditions?: ReadonlyArray<{ readonly type?: string | undefined }> | undefined } | undefined): FieldError[] {
  const seen = new Set<string>();
  return (status?.conditions ?? []).flatMap(({ type = '' }, i) => {
    const at = CONDITIONS.index(i).child('type');
    const again = seen.has(type);
    seen.add(type);
    return [...(again ? [duplicate(at, type)] : []), ...(type ? [] : [required(at)])];
  });
}
