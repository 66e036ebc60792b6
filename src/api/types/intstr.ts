// Generated from openapi/schemas.json by scripts/generate-types.mjs. Do not edit.

export type IntOrString = number | string;
