export { type Applied, apply, type ApplyOptions, faultyConfiguration, gvkText } from './apply.js';
export { excludeFields, type FieldFilter, includeFields } from './field-filter.js';
export { managedFieldsProblem } from './managed-fields.js';
export { mergeConfiguration } from './merge-configuration.js';
export { managerFromUserAgent } from './manager-name.js';
export type { OtherVersion, VersionContext } from './ownership.js';
export { PathSet, pathSet } from './path-set.js';
export { managedFieldsOfParent, managedFieldsOfScale, type ReplicasPaths } from './scale.js';
export { keepTimesIfUnchanged, trackUpdate, type UpdateOptions } from './track-update.js';
