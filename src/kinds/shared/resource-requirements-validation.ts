import { duplicate, forbidden, invalid, required, type FieldError, type Path } from '../../api/field.js';
import { isHugePages } from '../../api/resource-names.js';
import type { ResourceClaim, ResourceRequirements } from '../../api/types/core-v1.js';
import { canonicalQuantity, compareQuantities, isHugePagesMultiple, isNegative, isWholeNumber, sortedEntries } from './resource-list.js';
import { isIntegerResource, isOvercommitAllowed } from './resource-names.js';
import { NEGATIVE_TEXT, validateDnsLabel } from './simple-checks.js';
import type { PodValidationOptions } from './validation-options.js';

type Quantity = string | number;

/** Errors of an amount of a resource: negative, or a fraction of what is counted in whole numbers. */
export function validateResourceQuantity(name: string, quantity: Quantity, path: Path): FieldError[] {
  const errors: FieldError[] = [];
  if (isNegative(quantity)) errors.push(invalid(path, canonicalQuantity(quantity), NEGATIVE_TEXT));
  if (isIntegerResource(name) && !isWholeNumber(quantity)) errors.push(invalid(path, canonicalQuantity(quantity), 'must be an integer'));
  return errors;
}

export interface RequirementsContext {
  /** Errors of a resource's name, which differ between containers and pods. */
  readonly nameErrors: (name: string, path: Path) => FieldError[];
  /** Names of the pod's resource claims. */
  readonly claimNames: ReadonlySet<string>;
  readonly options: PodValidationOptions;
}

/** Errors of requests, limits and claims (validateResourceRequirements); resources in order of their names. */
export function validateRequirements(requirements: ResourceRequirements | undefined, { nameErrors, claimNames, options }: RequirementsContext, path: Path): FieldError[] {
  const { limits = {}, requests = {}, claims = [] } = requirements ?? {};
  const errors: FieldError[] = [];
  const check = (name: string, quantity: Quantity, at: Path): void => {
    errors.push(...nameErrors(name, at), ...validateResourceQuantity(name, quantity, at));
  };
  const checkHugePages = (name: string, quantity: Quantity, at: Path): void => {
    if (isHugePages(name) && !options.allowIndivisibleHugePages && !isHugePagesMultiple(name, quantity)) {
      const text = canonicalQuantity(quantity);
      errors.push(invalid(at, text, `${text} is not positive integer multiple of ${name}`));
    }
  };
  for (const [name, quantity] of sortedEntries(limits)) {
    const at = path.child('limits').key(name);
    check(name, quantity, at);
    checkHugePages(name, quantity, at);
  }
  for (const [name, quantity] of sortedEntries(requests)) {
    const at = path.child('requests').key(name);
    check(name, quantity, at);
    const limit = Object.hasOwn(limits, name) ? limits[name] : undefined;
    if (limit !== undefined) {
      const text = canonicalQuantity(quantity);
      const order = compareQuantities(quantity, limit);
      if (order !== 0 && !isOvercommitAllowed(name)) errors.push(invalid(path.child('requests'), text, `must be equal to ${name} limit of ${canonicalQuantity(limit)}`));
      else if (order > 0) errors.push(invalid(path.child('requests'), text, `must be less than or equal to ${name} limit of ${canonicalQuantity(limit)}`));
    } else if (!isOvercommitAllowed(name)) {
      errors.push(required(path.child('limits'), 'Limit must be set for non overcommitable resources'));
    }
    checkHugePages(name, quantity, at);
  }
  const names = [...Object.keys(limits), ...Object.keys(requests)];
  if (names.some(isHugePages) && !names.some((name) => name === 'cpu' || name === 'memory')) errors.push(forbidden(path, 'HugePages require cpu or memory'));
  return [...errors, ...validateClaims(claims, claimNames, path.child('claims'))];
}

function validateClaims(claims: readonly ResourceClaim[], claimNames: ReadonlySet<string>, path: Path): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  claims.forEach(({ name, request }, i) => {
    const at = path.index(i);
    if (!name) {
      errors.push(required(at));
      return;
    }
    if (seen.has(name)) errors.push(duplicate(at, name));
    else {
      if (request) errors.push(...validateDnsLabel(request, at.child('request')));
      const key = request ? `${name}/${request}` : name;
      if (seen.has(key)) errors.push(duplicate(at, key));
      else if (!request) errors.push(...[...seen].filter((other) => other.startsWith(`${name}/`)).map(() => duplicate(at, name)));
      seen.add(key);
    }
    if (!claimNames.has(name)) {
      const detail = claimNames.size === 0 ? ' which is empty' : `: ${[...claimNames].sort().join(', ')}`;
      errors.push({ type: 'FieldValueNotFound', field: String(at), value: name, detail: `must be one of the names in pod.spec.resourceClaims${detail}` });
    }
  });
  return errors;
}
