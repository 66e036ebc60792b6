export { findExecutable } from './executable.js';
export { runShellCommand, shellImages } from './run-shell-command.js';
