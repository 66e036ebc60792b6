import type { Device } from '../../api/types/resource-v1.js';
import { Quantity } from '../../api/quantity.js';
import { CompileError, CostLimitError, Environment, EvalError, type Program, typeName, types, type Value } from '../../cel/index.js';
import { DEVICE } from '../../cel/device-type.js';
import { ofQuantity } from '../../cel/library/kubernetes.js';
import { SemverValue } from '../../cel/library/semver.js';
import { MapValue, StructValue } from '../../cel/values.js';
import type { OfferedDevice } from './pools.js';

/** A selector that cannot be compiled, or that fails for a device; its text says which. */
export class SelectorError extends Error {}

const MAX_COMPILED = 1000;

/** CEL selectors of device classes and requests (https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/). */
export class DeviceSelectors {
  private readonly environment = new Environment({ variables: { device: DEVICE } });
  private readonly programs = new Map<string, Program>();

  /** Throws SelectorError. */
  matches(expression: string, { device, slice }: OfferedDevice): boolean {
    const program = this.compiled(expression);
    try {
      const { value } = program.evaluate({ device: new DeviceValue(device, slice.spec.driver) });
      if (typeof value === 'boolean') return value;
      throw new EvalError(`CEL result of type ${typeName(value)} could not be converted to bool: unsupported native conversion from ${typeName(value)} to 'bool'`);
    } catch (error) {
      if (error instanceof EvalError || error instanceof CostLimitError) throw new SelectorError(`CEL runtime error: ${error.message}`);
      throw error;
    }
  }

  private compiled(expression: string): Program {
    let program = this.programs.get(expression);
    if (program) return program;
    try {
      program = this.environment.compile(expression, [types.BOOL]);
    } catch (error) {
      if (error instanceof CompileError) throw new SelectorError(`CEL compile error: compilation failed: ${error.message}`);
      throw error;
    }
    this.programs.set(expression, program);
    const [oldest] = this.programs.keys();
    if (this.programs.size > MAX_COMPILED && oldest !== undefined) this.programs.delete(oldest);
    return program;
  }
}

/** A device as expressions see it: attributes and capacities by domain, those without one under the driver's name. */
class DeviceValue extends StructValue {
  constructor(
    private readonly device: Device,
    private readonly driver: string,
  ) {
    super({}, DEVICE);
  }

  override get(name: string): Value | undefined {
    switch (name) {
      case 'driver':
        return this.driver;
      case 'allowMultipleAllocations':
        return this.device.allowMultipleAllocations ?? false;
      case 'attributes':
        return new Domains(this.device.attributes ?? {}, this.driver, ({ string, int, bool, version }) => (version !== undefined ? SemverValue.parse(version) : int !== undefined ? BigInt(int) : (bool ?? string ?? null)));
      case 'capacity':
        return new Domains(this.device.capacity ?? {}, this.driver, ({ value }) => ofQuantity(Quantity.parse(value)));
      default:
        return undefined;
    }
  }
}

/** Domains of which nothing is known are empty, so that expressions need not ask for them first. */
class Domains<T> extends MapValue {
  private readonly domains = new Map<string, Map<string, Value>>();

  constructor(entries: Readonly<Record<string, T>>, driver: string, valueOf: (entry: T) => Value) {
    super();
    for (const [name, entry] of Object.entries(entries)) {
      const slash = name.indexOf('/');
      const [domain, id] = slash < 0 ? [driver, name] : [name.slice(0, slash), name.slice(slash + 1)];
      this.domains.set(domain, (this.domains.get(domain) ?? new Map<string, Value>()).set(id, valueOf(entry)));
    }
  }

  get size(): number {
    return this.domains.size;
  }

  get(key: Value): Value {
    return new Entries((typeof key === 'string' ? this.domains.get(key) : undefined) ?? new Map());
  }

  keys(): Value[] {
    return [...this.domains.keys()];
  }
}

class Entries extends MapValue {
  constructor(private readonly entries: ReadonlyMap<string, Value>) {
    super();
  }

  get size(): number {
    return this.entries.size;
  }

  get(key: Value): Value | undefined {
    return typeof key === 'string' ? this.entries.get(key) : undefined;
  }

  keys(): Value[] {
    return [...this.entries.keys()];
  }
}
