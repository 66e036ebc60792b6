export { findExecutable } from './executable.js';
export { runShellCommand } from './run-shell-command.js';
