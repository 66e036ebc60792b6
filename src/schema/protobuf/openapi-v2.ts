import { any, anys, count, double, each, encodeOpenApi, flag, map, message, nested, text, texts, wrapped, type FieldWriter, type Json, type Message } from './openapi-message.js';

/** Writes an OpenAPI v2 document as openapi.v2.Document, which kubectl asks for as `application/com.github.proto-openapi.spec.v2.v1.0+protobuf`. */
export function encodeOpenApiV2(document: object): Buffer {
  return encodeOpenApi(DOCUMENT, document);
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
    multipleOf: [6, double],
    maximum: [7, double],
    exclusiveMaximum: [8, flag],
    minimum: [9, double],
    exclusiveMinimum: [10, flag],
    maxLength: [11, count],
    minLength: [12, count],
    pattern: [13, text],
    maxItems: [14, count],
    minItems: [15, count],
    uniqueItems: [16, flag],
    maxProperties: [17, count],
    minProperties: [18, count],
    required: [19, texts],
    enum: [20, anys],
    additionalProperties: [21, schemaOrBoolean],
    type: [22, stringList],
    items: [23, schemaItem],
    allOf: [24, each(schema)],
    properties: [25, map(1, schema)],
    example: [30, any],
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
