import { duplicate, forbidden, invalid, OMITTED, Path, required, type FieldError, fieldErrorText } from '../../api/field.js';
import type { JSONSchemaProps, ValidationRule } from '../../api/types/apiextensions-v1.js';
import { CompileError, CostLimitError, EvalError, fromJson, type Program, type Type, type Value } from '../../cel/index.js';
import { schemaType } from '../../cel/schema-type.js';
import { NO_OLD_SELF, optionalValue } from '../../cel/optional-self.js';
import { resolveFieldPath } from '../apiextensions/field-path.js';
import { compileRule } from '../apiextensions/rule-compilation.js';
import { additionalOf, itemsOf, sortedEntries } from '../apiextensions/structural.js';
import type { Correlation } from './correlation.js';
import { isFields, ownProperty } from './json.js';

/** Units of work that all rules of an object may do together. */
const BUDGET = 10_000_000;
const OUT_OF_BUDGET = 'validation failed due to running out of cost budget, no further validation rules will be run';

interface CompiledRule {
  readonly rule: ValidationRule;
  readonly program: Program | undefined;
  readonly problem: string;
  readonly usesOldSelf: boolean;
  readonly message: Program | undefined;
}

/** What ran out, or stands in the way of going on. */
class Halt extends Error {}

interface Run {
  readonly errors: FieldError[];
  readonly warn: (text: string) => void;
  left: number;
}

/** The part of the correlation that decides whether an error counts. */
interface Ratchet {
  readonly current: Correlation | undefined;
  /** The nearest value above of which it is known what it was. */
  readonly above: Correlation | undefined;
}

/** x-kubernetes-validations of a schema and all below it, compiled once. */
export class RuleValidator {
  private readonly type: Type | undefined;
  private readonly own: readonly CompiledRule[];
  private readonly items: RuleValidator | undefined;
  private readonly additional: RuleValidator | undefined;
  private readonly properties = new Map<string, RuleValidator>();
  private readonly allOf: readonly RuleValidator[];

  constructor(
    private readonly schema: JSONSchemaProps,
    restriction: JSONSchemaProps,
    isResource: boolean,
  ) {
    this.type = schemaType(schema, isResource);
    const { type } = this;
    this.own = type ? (restriction['x-kubernetes-validations'] ?? []).map((rule) => compiled(rule, type)) : [];
    const nested = (of: JSONSchemaProps | undefined, rules: JSONSchemaProps | undefined): RuleValidator | undefined => {
      if (!of || !rules || !hasRules(rules)) return undefined;
      return new RuleValidator(of, rules, of['x-kubernetes-embedded-resource'] ?? false);
    };
    this.items = nested(itemsOf(schema), itemsOf(restriction));
    this.additional = nested(additionalOf(schema), additionalOf(restriction));
    for (const [name, rules] of sortedEntries(restriction.properties)) {
      const validator = nested(ownProperty(schema.properties, name), rules);
      if (validator) this.properties.set(name, validator);
    }
    this.allOf = (restriction.allOf ?? []).filter(hasRules).map((rules) => new RuleValidator(schema, rules, isResource));
  }

  /** Errors of a whole object. `warn` is told of errors in what has not changed. */
  validate(object: unknown, old: unknown, correlation: Correlation | undefined, warn: (text: string) => void): FieldError[] {
    const run: Run = { errors: [], warn, left: BUDGET };
    try {
      this.visit(run, Path.of(), object, old ?? null, { current: correlation, above: undefined });
    } catch (error) {
      if (!(error instanceof Halt)) throw error;
    }
    return run.errors;
  }

  private visit(run: Run, path: Path, value: unknown, old: unknown, ratchet: Ratchet): void {
    if (value === null || value === undefined) return;
    this.evaluate(run, path, value, old, ratchet);
    for (const validator of this.allOf) validator.visit(run, path, value, old, { current: undefined, above: ratchet.above });
    if (Array.isArray(value) && this.items) {
      for (const [i, item] of value.entries()) {
        const below = indexed(ratchet, i);
        this.items.visit(run, path.index(i), item, below.current?.old ?? null, below);
      }
    }
    if (!isFields(value)) return;
    for (const key of Object.keys(value).sort()) {
      const property = this.properties.get(key);
      const validator = property ?? (Object.hasOwn(this.schema.properties ?? {}, key) ? undefined : this.additional);
      if (!validator) continue;
      const below = keyed(ratchet, key);
      const previous = isFields(old) && Object.hasOwn(old, key) ? old[key] : null;
      const at = property ? path.child(key) : path.key(key);
      validator.visit(run, at, value[key], previous, below);
    }
  }

  private evaluate(run: Run, path: Path, value: unknown, old: unknown, ratchet: Ratchet): void {
    const { type } = this;
    if (this.own.length === 0 || !type) return;
    const fail = (error: FieldError): void => void run.errors.push(error);
    const self = fromJson(value, type);
    for (const { rule, program, problem, usesOldSelf, message } of this.own) {
      if (run.left <= 0) {
        fail(invalid(path, this.schema.type ?? '', OUT_OF_BUDGET));
        throw new Halt();
      }
      if (!program) {
        fail(invalid(path, this.schema.type ?? '', `rule compile error: ${problem}`));
        continue;
      }
      const hasOld = old !== null && old !== undefined;
      if (usesOldSelf && !hasOld && !rule.optionalOldSelf) continue;
      const before = hasOld ? fromJson(old, type) : undefined;
      const variables: Record<string, Value> = { self };
      if (rule.optionalOldSelf) variables['oldSelf'] = before === undefined ? NO_OLD_SELF : optionalValue(before);
      else if (before !== undefined) variables['oldSelf'] = before;
      if (this.holds(run, path, rule, program, variables)) continue;
      const detail = this.messageOf(run, path, rule, message, variables);
      const at = rule.fieldPath ? fieldPlace(path, rule.fieldPath, this.schema) : path;
      const shown = this.schema.type === 'object' || this.schema.type === 'array' ? OMITTED : value;
      const error = errorFor(rule.reason, at, shown, detail);
      const same = ratchet.current ? ratchet.current.unchanged : (ratchet.above?.unchanged ?? false);
      if (!usesOldSelf && same) run.warn(fieldErrorText(error));
      else fail(error);
    }
  }

  /** Whether the rule is kept; a rule that fails has its error already. */
  private holds(run: Run, place: Path, rule: ValidationRule, program: Program, variables: Record<string, Value>): boolean {
    const type = this.schema.type ?? '';
    try {
      const { value, cost } = program.evaluate(variables);
      run.left -= cost;
      if (run.left < 0) {
        run.errors.push(invalid(place, type, OUT_OF_BUDGET));
        throw new Halt();
      }
      return value === true;
    } catch (error) {
      if (error instanceof CostLimitError) {
        run.errors.push(invalid(place, type, `'${error.message}': no further validation rules will be run due to call cost exceeds limit for rule: ${ruleText(rule)}`));
        throw new Halt();
      }
      if (!(error instanceof EvalError)) throw error;
      const detail = error.message.startsWith('no such overload')
        ? `'${error.message}': call arguments did not match a supported operator, function or macro signature for rule: ${ruleText(rule)}`
        : `${error.message} evaluating rule: ${ruleText(rule)}`;
      run.errors.push(invalid(place, type, detail));
      return true;
    }
  }

  private messageOf(run: Run, place: Path, rule: ValidationRule, message: Program | undefined, variables: Record<string, Value>): string {
    if (message) {
      try {
        const { value, cost } = message.evaluate(variables);
        run.left -= cost;
        const text = typeof value === 'string' ? value.trim() : '';
        if (text !== '' && text.length <= MESSAGE_MAX && !/[\n\r]/.test(text)) return text;
      } catch (error) {
        if (error instanceof CostLimitError) {
          run.errors.push(invalid(place, this.schema.type ?? '', `no further validation rules will be run due to call cost exceeds limit for messageExpression: ${JSON.stringify(rule.messageExpression)}`));
          throw new Halt();
        }
        if (!(error instanceof EvalError)) throw error;
      }
    }
    return rule.message ? rule.message.trim() : `failed rule: ${rule.rule.trim()}`;
  }
}

const MESSAGE_MAX = 5 * 1024;

const ruleText = ({ rule, message }: ValidationRule): string => (message || rule).trim();

function hasRules(schema: JSONSchemaProps): boolean {
  if ((schema['x-kubernetes-validations'] ?? []).length > 0) return true;
  const nested = [itemsOf(schema), additionalOf(schema), ...Object.values(schema.properties ?? {}), ...(schema.allOf ?? [])];
  return nested.some((one) => one !== undefined && hasRules(one));
}

/** The rules of a schema of whole objects; undefined where there are none. */
export function rulesOf(schema: JSONSchemaProps): RuleValidator | undefined {
  return hasRules(schema) ? new RuleValidator(schema, schema, true) : undefined;
}

function compiled(rule: ValidationRule, type: Type): CompiledRule {
  try {
    return { rule, problem: '', ...compileRule(rule, type) };
  } catch (error) {
    if (error instanceof CompileError) return { rule, program: undefined, message: undefined, usesOldSelf: false, problem: error.message };
    throw error;
  }
}

function keyed({ current, above }: Ratchet, key: string): Ratchet {
  if (!current) return { current, above };
  if (!above && (key === 'apiVersion' || key === 'kind')) return { current: undefined, above: undefined };
  return { current: current.key(key), above: current };
}

function indexed({ current, above }: Ratchet, index: number): Ratchet {
  return current ? { current: current.index(index), above: current } : { current, above };
}

function fieldPlace(path: Path, fieldPath: string, schema: JSONSchemaProps): Path {
  const found = resolveFieldPath(fieldPath, schema, true);
  const name = typeof found === 'string' ? fieldPath.replace(/^\./, '') : found.path;
  return path.child(name);
}

function errorFor(reason: string | undefined, path: Path, value: unknown, detail: string): FieldError {
  switch (reason) {
    case 'FieldValueForbidden':
      return forbidden(path, detail);
    case 'FieldValueRequired':
      return required(path, detail);
    case 'FieldValueDuplicate':
      return { ...duplicate(path, value), detail: '' };
    default:
      return invalid(path, value, detail);
  }
}
