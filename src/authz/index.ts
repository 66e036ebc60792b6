export { FlowControl, type FlowClass } from './flow-control.js';
export { Rbac, type Decision, type ResolvedRules } from './rbac.js';
export type { AccessQuestion } from './rules.js';
