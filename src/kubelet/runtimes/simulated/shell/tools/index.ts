import { registerTools, type Tool } from '../program.js';
import { shellTool } from '../sh.js';
import * as accounts from './accounts.js';
import * as basic from './basic.js';
import * as bytes from './bytes.js';
import { date } from './date.js';
import { base64, gzip } from './compression.js';
import { redisCli } from './redis-cli.js';
import { diff } from './diff.js';
import * as changes from './file-changes.js';
import * as files from './files.js';
import { JUST_BASH_TOOLS, justBashTool } from './just-bash-tools.js';
import { ls } from './ls.js';
import { curl } from './network/curl.js';
import { httpd } from './network/httpd.js';
import * as interfaces from './network/interfaces.js';
import { dig, getent, nslookup, ping } from './network/lookup.js';
import { nc } from './network/nc.js';
import { wget } from './network/wget.js';
import { perl } from './perl.js';
import * as processes from './processes.js';
import { stat } from './stat.js';
import * as streams from './streams.js';
import { tar } from './tar/tar.js';
import { testTool } from './test.js';
import { tr } from './tr.js';
import { xargs } from './xargs.js';

const tools: Record<string, Tool> = {};
for (const name of JUST_BASH_TOOLS) tools[name] = justBashTool(name);

Object.assign(tools, {
  sh: shellTool('ash'), ash: shellTool('ash'), dash: shellTool('dash'), bash: shellTool('bash'), test: testTool, '[': testTool,
  cat: streams.cat, head: streams.head, tail: streams.tail, tee: streams.tee, yes: streams.yes, wc: streams.wc,
  true: basic.succeed, false: basic.fail, sleep: basic.sleep, echo: basic.echo, printf: basic.printf, env: basic.env, printenv: basic.printenv,
  whoami: basic.whoami, id: basic.id, groups: basic.groups, uname: basic.uname, arch: basic.arch, hostname: basic.hostname, nproc: basic.nproc,
  tty: basic.tty, stty: basic.stty, which: basic.which, nohup: basic.nohup, timeout: basic.timeout, time: basic.time, clear: basic.clear, sync: basic.succeed,
  less: streams.cat, more: streams.cat, logname: basic.whoami, pwd: basic.pwd, watch: basic.watch, shuf: basic.shuf, busybox: basic.busybox, date, ls, xargs, tar, tr, diff, gzip, gunzip: gzip, zcat: gzip, base64,
  rm: changes.rm, rmdir: changes.rmdir, mkdir: changes.mkdir, touch: changes.touch, ln: changes.ln, mv: changes.mv, cp: changes.cp, chmod: changes.chmod, stat,
  mktemp: files.mktemp, chown: files.chown, chgrp: files.chown, realpath: files.realpath, mkfifo: files.mkfifo, dd: files.dd, truncate: files.truncate,
  unlink: files.unlink, mount: files.mount, umount: files.umount, chroot: files.chroot, df: files.df,
  ps: processes.ps, kill: processes.kill, pidof: processes.pidof, pgrep: processes.pkill, pkill: processes.pkill, killall: processes.pkill,
  free: processes.free, top: processes.top, uptime: processes.uptime,
  hexdump: bytes.hexdump, hd: bytes.hexdump, xxd: bytes.xxd, cmp: bytes.cmp, split: bytes.split, usleep: basic.usleep, logger: basic.succeed, dmesg: basic.succeed,
  adduser: accounts.adduser, useradd: accounts.adduser, addgroup: accounts.addgroup, groupadd: accounts.addgroup, su: accounts.su,
  httpd, ip: interfaces.ip, ifconfig: interfaces.ifconfig, route: interfaces.route, netstat: interfaces.netstat, ss: interfaces.ss, telnet: nc,
  perl, 'redis-cli': redisCli, wget, curl, nc, nslookup, dig, getent, ping,
} satisfies Record<string, Tool>);

/** Makes all programs of the base images known. */
export function installTools(): void {
  registerTools(tools);
}

/** Names of all programs, for the base images' folders. */
export const TOOL_NAMES: readonly string[] = Object.keys(tools);
