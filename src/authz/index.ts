export { rbacAuthorizer, rulesFor, type ResolvedRules } from './rbac.js';
