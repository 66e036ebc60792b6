import { ReadOnlyVariable } from './errors.js';

export interface Variable {
  /** The scalar value; undefined when declared without one. */
  value: string | undefined;
  /** An array's elements by key, in order for indexed arrays. */
  items: Map<string, string> | undefined;
  associative: boolean;
  exported: boolean;
  readonly: boolean;
  integer: boolean;
}

/** Values that are computed at each reading (`$RANDOM`, `$SECONDS`, `$LINENO`). */
export interface DynamicVariables {
  computed(name: string): string | undefined;
}

/** A shell's variables with the dynamic scopes of functions' locals. */
export class Variables {
  private readonly variables = new Map<string, Variable>();
  /** What each running function's locals hide, to be put back when it returns. */
  private readonly scopes: Map<string, Variable | undefined>[] = [];

  constructor(private readonly dynamic: DynamicVariables) {}

  static fromEnvironment(env: ReadonlyMap<string, string>, dynamic: DynamicVariables): Variables {
    const variables = new Variables(dynamic);
    for (const [name, value] of env) variables.variables.set(name, { ...blank(), value, exported: true });
    return variables;
  }

  /** A subshell's copy. */
  fork(dynamic: DynamicVariables): Variables {
    const copy = new Variables(dynamic);
    for (const [name, variable] of this.variables) copy.variables.set(name, { ...variable, items: variable.items && new Map(variable.items) });
    for (const scope of this.scopes) copy.scopes.push(new Map(scope));
    return copy;
  }

  find(name: string): Variable | undefined {
    return this.variables.get(name);
  }

  get(name: string): string | undefined {
    const variable = this.variables.get(name);
    if (!variable) return this.dynamic.computed(name);
    return variable.items ? variable.items.get('0') : variable.value;
  }

  set(name: string, value: string): void {
    const variable = this.change(name);
    if (variable.items) variable.items.set('0', value);
    else variable.value = value;
  }

  setItem(name: string, key: string, value: string): void {
    const variable = this.change(name);
    variable.items ??= new Map(variable.value === undefined ? [] : [['0', variable.value]]);
    const inOrder = variable.associative || variable.items.has(key) || Number(key) > maximum(variable.items);
    variable.items.set(key, value);
    if (!inOrder) variable.items = new Map([...variable.items].sort(([a], [b]) => Number(a) - Number(b)));
  }

  setItems(name: string, items: Map<string, string>): void {
    const variable = this.change(name);
    variable.items = items;
    variable.value = undefined;
  }

  /** The keys and values of an array; a scalar counts as an array of one. */
  items(name: string): Map<string, string> {
    const variable = this.variables.get(name);
    if (variable?.items) return variable.items;
    const value = this.get(name);
    return new Map(value === undefined ? [] : [['0', value]]);
  }

  /** Declares without a value, or changes attributes. */
  declare(name: string, attributes: Partial<Pick<Variable, 'exported' | 'readonly' | 'integer' | 'associative'>> & { array?: boolean }): void {
    let variable = this.variables.get(name);
    if (!variable) this.variables.set(name, (variable = blank()));
    const { array, ...flags } = attributes;
    Object.assign(variable, flags);
    if (array || flags.associative) variable.items ??= new Map(variable.value === undefined ? [] : [['0', variable.value]]);
  }

  unset(name: string): void {
    if (this.variables.get(name)?.readonly) throw new ReadOnlyVariable(name);
    this.variables.delete(name);
  }

  unsetItem(name: string, key: string): void {
    this.variables.get(name)?.items?.delete(key);
  }

  names(): string[] {
    return [...this.variables.keys()].sort();
  }

  /** The environment that a started program gets. */
  environment(): Map<string, string> {
    const env = new Map<string, string>();
    for (const [name, variable] of this.variables) if (variable.exported && variable.value !== undefined) env.set(name, variable.value);
    return env;
  }

  enterFunction(): void {
    this.scopes.push(new Map());
  }

  leaveFunction(): void {
    for (const [name, hidden] of this.scopes.pop() ?? []) {
      if (hidden) this.variables.set(name, hidden);
      else this.variables.delete(name);
    }
  }

  get inFunction(): boolean {
    return this.scopes.length > 0;
  }

  /** Makes a name local to the running function: unset, but still exported if it was. */
  local(name: string): void {
    const scope = this.scopes.at(-1);
    if (!scope || scope.has(name)) return;
    const hidden = this.variables.get(name);
    scope.set(name, hidden);
    if (hidden?.exported) this.variables.set(name, { ...blank(), exported: true });
    else this.variables.delete(name);
  }

  /** Sets names for the time of one command; the result puts the old values back. */
  override(values: ReadonlyMap<string, string>): () => void {
    const hidden = new Map([...values.keys()].map((name) => [name, this.variables.get(name)]));
    for (const [name, value] of values) this.variables.set(name, { ...blank(), value, exported: true });
    return () => {
      for (const [name, variable] of hidden) {
        if (variable) this.variables.set(name, variable);
        else this.variables.delete(name);
      }
    };
  }

  private change(name: string): Variable {
    let variable = this.variables.get(name);
    if (!variable) this.variables.set(name, (variable = blank()));
    if (variable.readonly) throw new ReadOnlyVariable(name);
    return variable;
  }
}

function blank(): Variable {
  return { value: undefined, items: undefined, associative: false, exported: false, readonly: false, integer: false };
}

function maximum(items: Map<string, string>): number {
  let max = -1;
  for (const key of items.keys()) max = Math.max(max, Number(key));
  return max;
}

export function isName(text: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(text);
}
