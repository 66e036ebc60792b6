import { isName, type Variables } from '../variables.js';
import { ArithmeticFault, numberOf, parseArithmetic, type Arith } from './parse.js';

const MAX_DEPTH = 64;

/** The value of an expression, with assignments done in `variables`. Throws ArithmeticFault. */
export function evaluateArithmetic(text: string, variables: Variables, unsetIsError = false): bigint {
  return new Evaluator(variables, unsetIsError).value(parseArithmetic(text), 0);
}

class Evaluator {
  constructor(private readonly variables: Variables, private readonly unsetIsError: boolean) {}

  value(node: Arith, depth: number): bigint {
    switch (node.kind) {
      case 'number': return wrap(node.value);
      case 'variable': return this.read(node, depth);
      case 'unary': return unary(node.operator, this.value(node.operand, depth));
      case 'step': {
        const old = this.value(node.target, depth);
        const next = wrap(node.operator === '++' ? old + 1n : old - 1n);
        this.assign(node.target, next, depth);
        return node.prefix ? next : old;
      }
      case 'binary': return this.binary(node, depth);
      case 'ternary': return this.value(this.value(node.condition, depth) !== 0n ? node.then : node.otherwise, depth);
      case 'assign': {
        const right = this.value(node.value, depth);
        const value = node.operator === '=' ? right : calculate(node.operator.slice(0, -1), this.value(node.target, depth), right);
        this.assign(node.target, value, depth);
        return value;
      }
    }
  }

  private binary(node: Extract<Arith, { kind: 'binary' }>, depth: number): bigint {
    const left = this.value(node.left, depth);
    if (node.operator === '&&') return left !== 0n && this.value(node.right, depth) !== 0n ? 1n : 0n;
    if (node.operator === '||') return left !== 0n || this.value(node.right, depth) !== 0n ? 1n : 0n;
    return calculate(node.operator, left, this.value(node.right, depth));
  }

  private read(node: Extract<Arith, { kind: 'variable' }>, depth: number): bigint {
    const text = node.subscript === undefined
      ? this.variables.get(node.name)
      : this.variables.items(node.name).get(this.key(node, depth));
    if (text === undefined && this.unsetIsError) throw new ArithmeticFault(`${node.name}: unbound variable`);
    return this.textValue(text ?? '', depth);
  }

  /** A variable's text is an expression itself. */
  private textValue(text: string, depth: number): bigint {
    const trimmed = text.trim();
    if (trimmed === '') return 0n;
    if (/^-?\d+$/.test(trimmed) && !/^-?0\d/.test(trimmed)) return wrap(BigInt(trimmed));
    if (/^0\d+$/.test(trimmed)) return numberOf(trimmed);
    if (depth > MAX_DEPTH) throw new ArithmeticFault(`${trimmed}: expression recursion level exceeded (error token is "${trimmed}")`);
    return this.value(parseArithmetic(trimmed), depth + 1);
  }

  private key(node: Extract<Arith, { kind: 'variable' }>, depth: number): string {
    const subscript = node.subscript ?? '0';
    if (this.variables.find(node.name)?.associative) return subscript.replace(/^(["'])(.*)\1$/, '$2');
    return String(this.textValue(subscript, depth));
  }

  private assign(target: Arith, value: bigint, depth: number): void {
    if (target.kind !== 'variable' || !isName(target.name)) throw new ArithmeticFault('attempted assignment to non-variable');
    if (target.subscript === undefined) this.variables.set(target.name, String(value));
    else this.variables.setItem(target.name, this.key(target, depth), String(value));
  }
}

function wrap(value: bigint): bigint {
  return BigInt.asIntN(64, value);
}

function unary(operator: string, value: bigint): bigint {
  if (operator === '-') return wrap(-value);
  if (operator === '!') return value === 0n ? 1n : 0n;
  return operator === '~' ? ~value : value;
}

function truth(value: boolean): bigint {
  return value ? 1n : 0n;
}

function calculate(operator: string, left: bigint, right: bigint): bigint {
  switch (operator) {
    case '+': return wrap(left + right);
    case '-': return wrap(left - right);
    case '*': return wrap(left * right);
    case '/':
    case '%':
      if (right === 0n) throw new ArithmeticFault('division by 0');
      return wrap(operator === '/' ? left / right : left % right);
    case '**':
      if (right < 0n) throw new ArithmeticFault('exponent less than 0');
      return power(left, right);
    case '<<': return wrap(left << (right & 63n));
    case '>>': return left >> (right & 63n);
    case '<': return truth(left < right);
    case '<=': return truth(left <= right);
    case '>': return truth(left > right);
    case '>=': return truth(left >= right);
    case '==': return truth(left === right);
    case '!=': return truth(left !== right);
    case '&': return left & right;
    case '|': return left | right;
    case '^': return left ^ right;
    default: return right;
  }
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let b = base, e = exponent; e > 0n; e >>= 1n, b = wrap(b * b)) if (e & 1n) result = wrap(result * b);
  return result;
}
