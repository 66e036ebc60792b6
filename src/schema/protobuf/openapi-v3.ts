import { any, anys, count, double, each, encodeOpenApi, flag, map, message, nested, orReference, text, texts, wrapped, type FieldWriter, type Message } from './openapi-message.js';

/** Writes an OpenAPI v3 document as openapi.v3.Document, which clients ask for as `application/com.github.proto-openapi.spec.v3.v1.0+protobuf`. */
export function encodeOpenApiV3(document: object): Buffer {
  return encodeOpenApi(DOCUMENT, document);
}

const plainSchema = message(() => SCHEMA);
const schema = orReference(plainSchema);
const schemas = map(1, schema);

/** A boolean is field 2 of the union, a schema field 1. */
const schemaOrBoolean: FieldWriter = (writer, number, value) => (typeof value === 'boolean' ? wrapped(2, flag) : wrapped(1, schema))(writer, number, value);

/** Numbers, booleans and strings have fields; of other defaults only their being there is said. */
const fallback: FieldWriter = (writer, number, value) =>
  nested(writer, number, () => {
    if (typeof value === 'number') double(writer, 1, value);
    else if (typeof value === 'boolean') flag(writer, 2, value);
    else if (typeof value === 'string') text(writer, 3, value);
  });

const SCHEMA: Message = {
  fields: {
    nullable: [1, flag],
    readOnly: [3, flag],
    writeOnly: [4, flag],
    example: [7, any],
    deprecated: [8, flag],
    title: [9, text],
    multipleOf: [10, double],
    maximum: [11, double],
    exclusiveMaximum: [12, flag],
    minimum: [13, double],
    exclusiveMinimum: [14, flag],
    maxLength: [15, count],
    minLength: [16, count],
    pattern: [17, text],
    maxItems: [18, count],
    minItems: [19, count],
    uniqueItems: [20, flag],
    maxProperties: [21, count],
    minProperties: [22, count],
    required: [23, texts],
    enum: [24, anys],
    type: [25, text],
    allOf: [26, each(schema)],
    oneOf: [27, each(schema)],
    anyOf: [28, each(schema)],
    not: [29, plainSchema],
    items: [30, wrapped(1, schema)],
    properties: [31, schemas],
    additionalProperties: [32, schemaOrBoolean],
    default: [33, fallback],
    description: [34, text],
    format: [35, text],
  },
  rest: [36, any],
};

const MEDIA_TYPE: Message = { fields: { schema: [1, schema], example: [2, any] }, rest: [5, any] };
const content = map(1, message(() => MEDIA_TYPE));

const PARAMETER: Message = {
  fields: { name: [1, text], in: [2, text], description: [3, text], required: [4, flag], deprecated: [5, flag], allowEmptyValue: [6, flag], schema: [10, schema], content: [13, content] },
  rest: [14, any],
};
const parameters = each(orReference(message(() => PARAMETER)));

const REQUEST_BODY: Message = { fields: { description: [1, text], content: [2, content], required: [3, flag] }, rest: [4, any] };

const RESPONSE: Message = { fields: { description: [1, text], content: [3, content] }, rest: [5, any] };
const response = orReference(message(() => RESPONSE));
const RESPONSES: Message = { fields: { default: [1, response] }, rest: [2, response], open: true };

const OPERATION: Message = {
  fields: {
    tags: [1, texts],
    summary: [2, text],
    description: [3, text],
    operationId: [5, text],
    parameters: [6, parameters],
    requestBody: [7, orReference(message(() => REQUEST_BODY))],
    responses: [8, message(() => RESPONSES)],
    deprecated: [10, flag],
  },
  rest: [13, any],
};
const operation = message(() => OPERATION);

const PATH_ITEM: Message = {
  fields: {
    summary: [2, text],
    description: [3, text],
    get: [4, operation],
    put: [5, operation],
    post: [6, operation],
    delete: [7, operation],
    options: [8, operation],
    head: [9, operation],
    patch: [10, operation],
    trace: [11, operation],
    parameters: [13, parameters],
  },
  rest: [14, any],
};

const SECURITY_SCHEME: Message = { fields: { type: [1, text], description: [2, text], name: [3, text], in: [4, text], scheme: [5, text], bearerFormat: [6, text] }, rest: [9, any] };
const COMPONENTS: Message = { fields: { schemas: [1, schemas], securitySchemes: [7, map(1, orReference(message(() => SECURITY_SCHEME)))] }, rest: [10, any] };
const INFO: Message = { fields: { title: [1, text], description: [2, text], version: [6, text] }, rest: [7, any] };

const DOCUMENT: Message = {
  fields: {
    openapi: [1, text],
    info: [2, message(() => INFO)],
    paths: [4, map(1, message(() => PATH_ITEM))],
    components: [5, message(() => COMPONENTS)],
  },
  rest: [9, any],
};
