import { invalid, type FieldError, type Path } from '../../api/field.js';
import type { ValidationRule } from '../../api/types/apiextensions-v1.js';
import { CompileError, Environment, type Program, type Type, types, WrongTypeError } from '../../cel/index.js';
import { mentions } from '../../cel/children.js';

export interface RulePrograms {
  readonly program: Program;
  /** Whether the rule looks at what the value was: it is about changes then. */
  readonly usesOldSelf: boolean;
  readonly message: Program | undefined;
}

const environmentOf = ({ optionalOldSelf }: ValidationRule, type: Type): Environment =>
  new Environment({ variables: { self: type, oldSelf: optionalOldSelf ? types.optionalOf(type) : type } });

/** Compiles a validation rule for values of a type. Throws CompileError, and WrongTypeError for what gives no bool. */
export function compileRule(rule: ValidationRule, type: Type): RulePrograms {
  const environment = environmentOf(rule, type);
  const program = environment.compile(rule.rule, [types.BOOL]);
  const message = rule.messageExpression ? environment.compile(rule.messageExpression, [types.STRING]) : undefined;
  return { program, usesOldSelf: mentions(program.expr, 'oldSelf'), message };
}

/** Why the expressions of a rule do not compile; of what expressions do not see there can be no rules. */
export function compilationErrors(rule: ValidationRule, { type, uncorrelated }: { readonly type?: Type | undefined; readonly uncorrelated?: Path | undefined }, path: Path): FieldError[] {
  if (!type) return [];
  const environment = environmentOf(rule, type);
  const shown = goRule(rule);
  const errors: FieldError[] = [];
  const compile = (expression: string, wanted: Type, field: string, prefix: string, wrong: string): Program | undefined => {
    try {
      return environment.compile(expression, [wanted]);
    } catch (error) {
      if (error instanceof WrongTypeError) errors.push(invalid(path.child(field), shown, wrong));
      else if (error instanceof CompileError) errors.push(invalid(path.child(field), shown, `${prefix} failed: ${error.message}`));
      else throw error;
      return undefined;
    }
  };
  const program = rule.rule.trim() === '' ? undefined : compile(rule.rule, types.BOOL, 'rule', 'compilation', 'cel expression must evaluate to a bool');
  if (rule.messageExpression?.trim()) compile(rule.messageExpression, types.STRING, 'messageExpression', 'messageExpression compilation', 'messageExpression must evaluate to a string');
  if (!program) return errors;
  if (!mentions(program.expr, 'oldSelf')) {
    if (rule.optionalOldSelf !== undefined) errors.push(invalid(path.child('optionalOldSelf'), rule.optionalOldSelf, 'may not be set if oldSelf is not used in rule'));
  } else if (uncorrelated) errors.push(invalid(path.child('rule'), rule.rule, `oldSelf cannot be used on the uncorrelatable portion of the schema within ${String(uncorrelated)}`));
  return errors;
}

/** The rule as the real server's internal struct. */
const goRule = (rule: ValidationRule): object => ({
  Rule: rule.rule,
  Message: rule.message ?? '',
  MessageExpression: rule.messageExpression ?? '',
  Reason: rule.reason ?? null,
  FieldPath: rule.fieldPath ?? '',
  OptionalOldSelf: rule.optionalOldSelf ?? null,
});
