import { registerTools, type Tool } from '../program.js';
import { shellTool } from '../sh.js';
import * as basic from './basic.js';
import { JUST_BASH_TOOLS, justBashTool } from './just-bash-tools.js';
import * as streams from './streams.js';

const tools: Record<string, Tool> = {};
for (const name of JUST_BASH_TOOLS) tools[name] = justBashTool(name);

Object.assign(tools, {
  sh: shellTool('ash'), ash: shellTool('ash'), dash: shellTool('dash'), bash: shellTool('bash'),
  cat: streams.cat, head: streams.head, tail: streams.tail, tee: streams.tee, yes: streams.yes, wc: streams.wc,
  true: basic.succeed, false: basic.fail, sleep: basic.sleep, echo: basic.echo, printf: basic.printf, env: basic.env, printenv: basic.printenv,
  whoami: basic.whoami, id: basic.id, groups: basic.groups, uname: basic.uname, arch: basic.arch, hostname: basic.hostname, nproc: basic.nproc,
  tty: basic.tty, stty: basic.stty, which: basic.which, nohup: basic.nohup, timeout: basic.timeout, time: basic.time, clear: basic.clear, sync: basic.succeed,
} satisfies Record<string, Tool>);

/** Makes all programs of the base images known. */
export function installTools(): void {
  registerTools(tools);
}
