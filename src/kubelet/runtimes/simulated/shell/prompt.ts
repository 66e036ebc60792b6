import type { Shell } from './shell.js';

/** PS1 of a shell that nobody configured. */
export function defaultPrompt(shell: Shell): string {
  const { family } = shell.task.container;
  if (shell.flavour === 'bash') return family === 'alpine' ? '\\s-\\v\\$ ' : family === 'redhat' ? '[\\u@\\h \\W]\\$ ' : '\\u@\\h:\\w\\$ ';
  return shell.flavour === 'ash' ? '\\w \\$ ' : '\\$ ';
}

/** Resolves the backslash escapes of PS1. */
export function expandPrompt(shell: Shell, prompt: string): string {
  const { task } = shell;
  const user = task.user === '' || task.user === '0' ? 'root' : task.user;
  const home = shell.variables.get('HOME');
  const folder = home && home !== '/' && (task.cwd === home || task.cwd.startsWith(`${home}/`)) ? `~${task.cwd.slice(home.length)}` : task.cwd;
  const time = new Date(task.container.clock.now()).toISOString();
  return prompt.replace(/\\([a-zA-Z$\\[\]])/g, (whole, letter: string) => {
    switch (letter) {
      case 'u': return user;
      case 'h': return task.container.hostname.replace(/\..*$/, '');
      case 'H': return task.container.hostname;
      case 'w': return folder;
      case 'W': return folder === '/' ? '/' : folder.slice(folder.lastIndexOf('/') + 1);
      case '$': return user === 'root' ? '#' : '$';
      case 's': return shell.flavour;
      case 'v': return '5.2';
      case 'n': return '\n';
      case 't': return time.slice(11, 19);
      case 'e': return '\x1b';
      case 'a': return '\x07';
      case '\\': return '\\';
      case '[':
      case ']': return '';
      default: return whole;
    }
  });
}
