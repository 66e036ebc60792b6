import { parseTime, RFC3339 } from '../../api/time.js';
import { sortedKeys } from '../../base/json.js';
import { encodeJson } from '../json.js';
import { protobufLibrary, type Writer } from './library.js';
import type { FieldType, MessageField, MessagePlan, ScalarType } from './messages.js';

type Fields = Readonly<Record<string, unknown>>;

const WIRE_VARINT = 0;
const WIRE_FIXED64 = 1;
const WIRE_BYTES = 2;

/** Encodes JSON data as a message. What is absent or null is not written; a zero that is there is (for Go it may be a pointer). */
export function encodeMessage(plan: MessagePlan, data: unknown): Uint8Array {
  const writer = protobufLibrary().Writer.create();
  message(plan, data, writer);
  return writer.finish();
}

function message(plan: MessagePlan, data: unknown, writer: Writer): void {
  switch (plan.special) {
    case undefined:
      fields(plan, data as Fields, writer);
      return;
    case 'time':
    case 'microTime': {
      const { seconds, nanos } = parseTime(data as string, RFC3339);
      writer.uint32((1 << 3) | WIRE_VARINT).int64(seconds);
      if (nanos > 0) writer.uint32((2 << 3) | WIRE_VARINT).int32(nanos);
      return;
    }
    case 'quantity':
      writer.uint32((1 << 3) | WIRE_BYTES).string(String(data));
      return;
    case 'intOrString':
      if (typeof data === 'string') writer.uint32((1 << 3) | WIRE_VARINT).int64(1).uint32((3 << 3) | WIRE_BYTES).string(data);
      else writer.uint32((2 << 3) | WIRE_VARINT).int32(Number(data));
      return;
    case 'items':
      fields(plan, { items: data }, writer);
      return;
    case 'json':
      writer.uint32((1 << 3) | WIRE_BYTES).bytes(Buffer.from(encodeJson(data)));
      return;
    case 'schemaOrArray':
      fields(plan, Array.isArray(data) ? { jSONSchemas: data } : { schema: data }, writer);
      return;
    case 'schemaOrBool':
      fields(plan, typeof data === 'boolean' ? { allows: data } : { allows: true, schema: data }, writer);
      return;
    case 'schemaOrStringArray':
      fields(plan, Array.isArray(data) ? { property: data } : { schema: data }, writer);
  }
}

function fields(plan: MessagePlan, data: Fields, writer: Writer): void {
  for (const field of plan.fields) {
    if (field.shape === 'inline') {
      inline(field, data, writer);
      continue;
    }
    const item = data[field.name];
    if (item === undefined || item === null) continue;
    switch (field.shape) {
      case 'single':
        value(field.number, field.type, item, writer);
        break;
      case 'repeated':
        for (const element of item as readonly unknown[]) value(field.number, field.type, element ?? {}, writer);
        break;
      case 'map':
        for (const key of sortedKeys(item)) {
          writer.uint32((field.number << 3) | WIRE_BYTES).fork();
          writer.uint32((1 << 3) | WIRE_BYTES).string(key);
          const element = (item as Fields)[key];
          if (element !== undefined && element !== null) value(2, field.type, element, writer);
          writer.ldelim();
        }
    }
  }
}

/** A message whose fields stand among their parent's in JSON. Left out when none of them is there. */
function inline(field: MessageField, data: Fields, writer: Writer): void {
  if (field.type.kind !== 'message') return;
  const plan = field.type.message();
  if (!hasAny(plan, data)) return;
  writer.uint32((field.number << 3) | WIRE_BYTES).fork();
  fields(plan, data, writer);
  writer.ldelim();
}

function hasAny(plan: MessagePlan, data: Fields): boolean {
  return plan.fields.some(({ name, shape, type }) => (shape === 'inline' ? type.kind === 'message' && hasAny(type.message(), data) : data[name] !== undefined && data[name] !== null));
}

function value(number: number, type: FieldType, data: unknown, writer: Writer): void {
  if (type.kind === 'message') {
    writer.uint32((number << 3) | WIRE_BYTES).fork();
    message(type.message(), data, writer);
    writer.ldelim();
  } else {
    scalar(number, type.scalar, data, writer);
  }
}

function scalar(number: number, type: ScalarType, data: unknown, writer: Writer): void {
  switch (type) {
    case 'string':
      writer.uint32((number << 3) | WIRE_BYTES).string(String(data));
      return;
    case 'bytes':
      writer.uint32((number << 3) | WIRE_BYTES).bytes(Buffer.from(String(data), 'base64'));
      return;
    case 'int32':
      writer.uint32((number << 3) | WIRE_VARINT).int32(Number(data));
      return;
    case 'int64':
      writer.uint32((number << 3) | WIRE_VARINT).int64(typeof data === 'bigint' ? longBits(data) : Number(data));
      return;
    case 'bool':
      writer.uint32((number << 3) | WIRE_VARINT).bool(data === true);
      return;
    case 'double':
      writer.uint32((number << 3) | WIRE_FIXED64).double(Number(data));
  }
}

/** protobufjs takes int64 beyond doubles as two halves. */
function longBits(value: bigint): { low: number; high: number; unsigned: boolean } {
  return { low: Number(BigInt.asIntN(32, value)), high: Number(BigInt.asIntN(32, value >> 32n)), unsigned: false };
}
