import { forbidden, invalid, type FieldError, type Path } from '../../api/field.js';
import type { LabelSelector } from '../../api/types/meta-v1.js';
import { validateLabelKey } from './label-validation.js';

/**
 * matchLabelKeys and mismatchLabelKeys of affinity terms and topology spread constraints (KEP-3633, KEP-3243).
 * On create their values are merged into the selector before validation, so a key that stands there twice was given twice.
 */
export function validateMatchLabelKeys(path: Path, keys: readonly string[] | undefined, mismatchKeys: readonly string[] | undefined, selector: LabelSelector | undefined): FieldError[] {
  const errors = [...labelKeys(path.child('matchLabelKeys'), keys, selector), ...labelKeys(path.child('mismatchLabelKeys'), mismatchKeys, selector)];
  if (selector) {
    const index = new Map((keys ?? []).map((key, i) => [key, i]));
    const seen = new Set(Object.keys(selector.matchLabels ?? {}));
    for (const { key } of selector.matchExpressions ?? []) {
      const i = index.get(key);
      if (i !== undefined && seen.has(key)) errors.push(invalid(path.index(i), key, 'exists in both matchLabelKeys and labelSelector'));
      seen.add(key);
    }
  }
  (keys ?? []).forEach((key, i) => {
    if (mismatchKeys?.includes(key)) errors.push(invalid(path.child('matchLabelKeys').index(i), key, 'exists in both matchLabelKeys and mismatchLabelKeys'));
  });
  return errors;
}

/** The older rule, for constraints that were valid by it only. */
export function validateMatchLabelKeysLegacy(path: Path, keys: readonly string[] | undefined, selector: LabelSelector | undefined): FieldError[] {
  if (!keys || keys.length === 0) return [];
  const errors: FieldError[] = selector ? [] : [forbidden(path, 'must not be specified when labelSelector is not set')];
  const used = new Set([...Object.keys(selector?.matchLabels ?? {}), ...(selector?.matchExpressions ?? []).map(({ key }) => key)]);
  keys.forEach((key, i) => {
    errors.push(...validateLabelKey(key, path.index(i)));
    if (used.has(key)) errors.push(invalid(path.index(i), key, 'exists in both matchLabelKeys and labelSelector'));
  });
  return errors;
}

function labelKeys(path: Path, keys: readonly string[] | undefined, selector: LabelSelector | undefined): FieldError[] {
  if (!keys || keys.length === 0) return [];
  if (!selector) return [forbidden(path, 'must not be specified when labelSelector is not set')];
  return keys.flatMap((key, i) => validateLabelKey(key, path.index(i)));
}
