import { invalid, type FieldError, type Path } from '../../api/field.js';
import { validateNonNegative } from '../shared/simple-checks.js';

/** Rules of the numbers in a workload's status. */
export class CountChecks<S extends object> {
  readonly errors: FieldError[] = [];

  constructor(
    private readonly status: S,
    private readonly path: Path,
  ) {}

  nonNegative(...names: Array<keyof S & string>): this {
    for (const name of names) this.errors.push(...validateNonNegative(this.status[name] as number | undefined, this.path.child(name)));
    return this;
  }

  /** The named ones must not be more than another one, told as `what`. */
  atMost(limit: keyof S & string, what: string, ...names: Array<keyof S & string>): this {
    for (const name of names) {
      const value = (this.status[name] as number | undefined) ?? 0;
      if (value > ((this.status[limit] as number | undefined) ?? 0)) this.errors.push(invalid(this.path.child(name), value, `cannot be greater than ${what}`));
    }
    return this;
  }

  /** collisionCount only ever grows. */
  notDecremented(name: keyof S & string, old: S | undefined): this {
    const before = old?.[name] as number | undefined;
    const count = this.status[name] as number | undefined;
    const value = count ?? 0;
    if (before !== undefined && (count === undefined || value < before)) this.errors.push(invalid(this.path.child(name), value, 'cannot be decremented'));
    return this;
  }
}
