import { duplicate, invalid, notSupported, type Path, required, tooLong, type FieldError } from '../../api/field.js';
import { isQualifiedName, regexText } from '../../api/names.js';
import type { Condition } from '../../api/types/meta-v1.js';

const STATUSES = ['False', 'True', 'Unknown'];
const REASON = '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?';
const REASON_RE = new RegExp(`^${REASON}$`);
const REASON_TEXT = "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_'";
const REASON_MAX = 1024;
const MESSAGE_MAX = 32 * 1024;

/** Errors of a list of metav1.Condition: each type once, and every field well-formed. */
export function conditionsErrors(conditions: readonly Condition[] | undefined, path: Path): FieldError[] {
  const seen = new Set<string>();
  return (conditions ?? []).flatMap((condition, i) => {
    const at = path.index(i);
    const again = seen.has(condition.type);
    seen.add(condition.type);
    return [...(again ? [duplicate(at.child('type'), condition.type)] : []), ...conditionErrors(condition, at)];
  });
}

function conditionErrors({ type, status, observedGeneration = 0, lastTransitionTime, reason, message }: Condition, path: Path): FieldError[] {
  const errors = isQualifiedName(type).map((text) => invalid(path.child('type'), type, text));
  if (!STATUSES.includes(status)) errors.push(notSupported(path.child('status'), status, STATUSES));
  if (observedGeneration < 0) errors.push(invalid(path.child('observedGeneration'), observedGeneration, 'must be greater than or equal to zero'));
  if (!lastTransitionTime) errors.push(required(path.child('lastTransitionTime')));
  if (!reason) errors.push(required(path.child('reason')));
  else {
    if (!REASON_RE.test(reason)) errors.push(invalid(path.child('reason'), reason, regexText(REASON_TEXT, REASON, 'my_name', 'MY_NAME', 'MyName', 'ReasonA,ReasonB', 'ReasonA:ReasonB')));
    if (Buffer.byteLength(reason) > REASON_MAX) errors.push(tooLong(path.child('reason'), REASON_MAX));
  }
  if (Buffer.byteLength(message) > MESSAGE_MAX) errors.push(tooLong(path.child('message'), MESSAGE_MAX));
  return errors;
}
