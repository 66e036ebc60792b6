import { protobufLibrary, type Writer } from './library.js';

/**
 * Writes an OpenAPI v2 document as the message openapi.v2.Document of gnostic, which kubectl asks for as
 * `application/com.github.proto-openapi.spec.v2@v1.0+protobuf`. Only what Kubernetes' documents contain is in the
 * table; what is not in it, such as keywords that begin with `x-`, goes into the message's vendor extensions.
 */
export function encodeOpenApiV2(document: object): Buffer {
  const writer = protobufLibrary().Writer.create();
  writeMessage(writer, DOCUMENT, document as Json);
  return Buffer.from(writer.finish());
}

type Json = Readonly<Record<string, unknown>>;

/** How the value of a JSON property is written under a field number. */
type FieldWriter = (writer: Writer, number: number, value: unknown) => void;

interface Message {
  readonly fields: Readonly<Record<string, readonly [number: number, write: FieldWriter]>>;
  /** Field of vendor extensions, or, where `open` says so, of all properties that have no field of their own. */
  readonly rest?: readonly [number: number, write: FieldWriter];
  readonly open?: boolean;
}

const LENGTH_DELIMITED = 2;
const VARINT = 0;

function tag(writer: Writer, number: number, wireType: number): Writer {
  return writer.uint32(number * 8 + wireType);
}

function writeMessage(writer: Writer, message: Message, value: Json): void {
  for (const [name, entry] of Object.entries(value)) {
    const field = Object.hasOwn(message.fields, name) ? message.fields[name] : undefined;
    if (field) field[1](writer, field[0], entry);
    else if (message.rest && (message.open || name.startsWith('x-'))) writeNamed(writer, message.rest, name, entry);
  }
}

function writeNamed(writer: Writer, [number, write]: readonly [number, FieldWriter], name: string, value: unknown): void {
  tag(writer, number, LENGTH_DELIMITED).fork();
  text(writer, 1, name);
  write(writer, 2, value);
  writer.ldelim();
}

const text: FieldWriter = (writer, number, value) => void tag(writer, number, LENGTH_DELIMITED).string(String(value));

const flag: FieldWriter = (writer, number, value) => void tag(writer, number, VARINT).bool(value === true);

const texts: FieldWriter = (writer, number, value) => {
  for (const item of value as readonly unknown[]) text(writer, number, item);
};

/** Any value, as YAML text; JSON is YAML. */
const any: FieldWriter = (writer, number, value) => nested(writer, number, () => text(writer, 2, `${typeof value === 'string' ? plainYaml(value) : JSON.stringify(value)}\n`));

function plainYaml(value: string): string {
  return /^[A-Za-z][\w-]*$/.test(value) && !/^(?:y|n|yes|no|on|off|true|false|null)$/i.test(value) ? value : JSON.stringify(value);
}

const anys: FieldWriter = (writer, number, value) => {
  for (const item of value as readonly unknown[]) any(writer, number, item);
};

function nested(writer: Writer, number: number, write: () => void): void {
  tag(writer, number, LENGTH_DELIMITED).fork();
  write();
  writer.ldelim();
}

/** The message is looked up when it is used: schemas contain schemas. */
function message(of: () => Message): FieldWriter {
  return (writer, number, value) => nested(writer, number, () => writeMessage(writer, of(), value as Json));
}

function each(write: FieldWriter): FieldWriter {
  return (writer, number, value) => {
    for (const item of value as readonly unknown[]) write(writer, number, item);
  };
}

/** A message with one field, around a value. */
function wrapped(number: number, write: FieldWriter): FieldWriter {
  return (writer, outer, value) => nested(writer, outer, () => write(writer, number, value));
}

/** A map: every property is an entry {1 name, 2 value}. */
function map(number: number, write: FieldWriter): FieldWriter {
  return message(() => ({ fields: {}, rest: [number, write], open: true }));
}

const schema = message(() => SCHEMA);
const stringList: FieldWriter = wrapped(1, (writer, number, value) => texts(writer, number, Array.isArray(value) ? value : [value]));
const schemaItem = wrapped(1, schema);

/** A boolean is field 2 of the union, a schema field 1. */
const schemaOrBoolean: FieldWriter = (writer, number, value) =>
  typeof value === 'boolean' ? nested(writer, number, () => flag(writer, 2, value)) : schemaItem(writer, number, value);

const SCHEMA: Message = {
  fields: {
    $ref: [1, text],
    format: [2, text],
    title: [3, text],
    description: [4, text],
    default: [5, any],
    uniqueItems: [16, flag],
    required: [19, texts],
    enum: [20, anys],
    additionalProperties: [21, schemaOrBoolean],
    type: [22, stringList],
    items: [23, schemaItem],
    allOf: [24, each(schema)],
    properties: [25, map(1, schema)],
  },
  rest: [31, any],
};

const BODY_PARAMETER: Message = { fields: { description: [1, text], name: [2, text], in: [3, text], required: [4, flag], schema: [5, schema] }, rest: [6, any] };
const QUERY_PARAMETER: Message = {
  fields: { required: [1, flag], in: [2, text], description: [3, text], name: [4, text], type: [6, text], format: [7, text], uniqueItems: [20, flag] },
  rest: [23, any],
};
const PATH_PARAMETER: Message = {
  fields: { required: [1, flag], in: [2, text], description: [3, text], name: [4, text], type: [5, text], format: [6, text], uniqueItems: [19, flag] },
  rest: [22, any],
};
const REFERENCE: Message = { fields: { $ref: [1, text], description: [2, text] } };

const parameter: FieldWriter = (writer, number, value) => {
  const place = (value as Json)['in'];
  const [branch, of]: readonly [number, Message] = place === 'path' ? [4, PATH_PARAMETER] : [3, QUERY_PARAMETER];
  const write = place === 'body' ? wrapped(1, message(() => BODY_PARAMETER)) : wrapped(2, wrapped(branch, message(() => of)));
  write(writer, number, value);
};

const parametersItem: FieldWriter = (writer, number, value) => {
  const write = Object.hasOwn(value as Json, '$ref') ? wrapped(2, message(() => REFERENCE)) : wrapped(1, parameter);
  write(writer, number, value);
};

const RESPONSE: Message = { fields: { description: [1, text], schema: [2, schemaItem] }, rest: [5, any] };
const RESPONSES: Message = { fields: {}, rest: [1, wrapped(1, message(() => RESPONSE))], open: true };

const OPERATION: Message = {
  fields: {
    tags: [1, texts],
    summary: [2, text],
    description: [3, text],
    operationId: [5, text],
    produces: [6, texts],
    consumes: [7, texts],
    parameters: [8, each(parametersItem)],
    responses: [9, message(() => RESPONSES)],
    schemes: [10, texts],
    deprecated: [11, flag],
  },
  rest: [13, any],
};
const operation = message(() => OPERATION);

const PATH_ITEM: Message = {
  fields: {
    get: [2, operation],
    put: [3, operation],
    post: [4, operation],
    delete: [5, operation],
    options: [6, operation],
    head: [7, operation],
    patch: [8, operation],
    parameters: [9, each(parametersItem)],
  },
  rest: [10, any],
};

const API_KEY: Message = { fields: { type: [1, text], name: [2, text], in: [3, text], description: [4, text] }, rest: [5, any] };
const INFO: Message = { fields: { title: [1, text], version: [2, text], description: [3, text] }, rest: [7, any] };

const DOCUMENT: Message = {
  fields: {
    swagger: [1, text],
    info: [2, message(() => INFO)],
    paths: [8, map(2, message(() => PATH_ITEM))],
    definitions: [9, map(1, schema)],
    parameters: [10, map(1, parameter)],
    security: [12, each(map(1, stringList))],
    securityDefinitions: [13, map(1, wrapped(2, message(() => API_KEY)))],
  },
  rest: [16, any],
};
