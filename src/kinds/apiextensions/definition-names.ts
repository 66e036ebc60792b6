import { invalid, type Path, required, type FieldError } from '../../api/field.js';
import { isDns1035Label } from '../../api/names.js';
import type { CustomResourceDefinitionNames } from '../../api/types/apiextensions-v1.js';

const joined = (problems: readonly string[]): string => problems.join(',');

/** Names of a spec, or those that were accepted. */
export function nameErrors(names: Partial<CustomResourceDefinitionNames> | undefined, path: Path): FieldError[] {
  const { plural = '', singular = '', kind = '', listKind = '', shortNames = [], categories = [] } = names ?? {};
  const errors: FieldError[] = [];
  for (const [field, name] of [['plural', plural], ['singular', singular]] as const) {
    const problems = name === '' ? [] : isDns1035Label(name);
    if (problems.length > 0) errors.push(invalid(path.child(field), name, joined(problems)));
  }
  for (const [field, name] of [['kind', kind], ['listKind', listKind]] as const) {
    const problems = name === '' ? [] : isDns1035Label(name.toLowerCase());
    if (problems.length > 0) errors.push(invalid(path.child(field), name, `may have mixed case, but should otherwise match: ${joined(problems)}`));
  }
  errors.push(...labelErrors(shortNames, path.child('shortNames')));
  if (kind !== '' && kind === listKind) errors.push(invalid(path.child('listKind'), listKind, 'kind and listKind may not be the same'));
  return [...errors, ...labelErrors(categories, path.child('categories'))];
}

/** Those that a spec must have. */
export function missingNameErrors(names: CustomResourceDefinitionNames, path: Path): FieldError[] {
  return (['plural', 'singular', 'kind', 'listKind'] as const).filter((field) => !names[field]).map((field) => required(path.child(field)));
}

function labelErrors(labels: readonly string[], path: Path): FieldError[] {
  return labels.flatMap((label, i) => {
    const problems = isDns1035Label(label);
    return problems.length > 0 ? [invalid(path.index(i), label, joined(problems))] : [];
  });
}
