/** From bytes to typed objects, as Kubernetes' decoders do it: the entry of this folder for whoever reads bodies. */
export { decodeBody, notRegistered, type BodyType, type DecodedBody, type DecodeResult } from './body.js';
export { DecodeError, strictErrorText, type StrictError } from './examine.js';
export { canonical, toTyped, type TypedResult } from './typed.js';
