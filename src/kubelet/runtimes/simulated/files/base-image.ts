import type { ImageFamily } from './image-family.js';
import { newDirectory, newFile, newSpecial, newSymlink, setContent, type DirectoryNode } from './nodes.js';
import { segments } from './paths.js';
import { CORE_TOOLS, OTHER_TOOLS } from './tool-names.js';

/** When the base images were built. */
const BUILT = Date.UTC(2025, 9, 8);

const OS_RELEASE: Readonly<Record<ImageFamily, string | undefined>> = {
  busybox: undefined,
  empty: undefined,
  alpine: 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.22.2\nPRETTY_NAME="Alpine Linux v3.22"\nHOME_URL="https://alpinelinux.org/"\nBUG_REPORT_URL="https://gitlab.alpinelinux.org/alpine/aports/-/issues"\n',
  debian: 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nVERSION="12 (bookworm)"\nVERSION_CODENAME=bookworm\nID=debian\nHOME_URL="https://www.debian.org/"\nSUPPORT_URL="https://www.debian.org/support"\nBUG_REPORT_URL="https://bugs.debian.org/"\n',
  ubuntu: 'PRETTY_NAME="Ubuntu 24.04.3 LTS"\nNAME="Ubuntu"\nVERSION_ID="24.04"\nVERSION="24.04.3 LTS (Noble Numbat)"\nVERSION_CODENAME=noble\nID=ubuntu\nID_LIKE=debian\nHOME_URL="https://www.ubuntu.com/"\nSUPPORT_URL="https://help.ubuntu.com/"\nBUG_REPORT_URL="https://bugs.launchpad.net/ubuntu/"\nUBUNTU_CODENAME=noble\n',
  redhat: 'NAME="Rocky Linux"\nVERSION="9.6 (Blue Onyx)"\nID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.6"\nPLATFORM_ID="platform:el9"\nPRETTY_NAME="Rocky Linux 9.6 (Blue Onyx)"\n',
};

const trees = new Map<string, DirectoryNode>();

/** The read-only tree of a family's base image; built once and shared by all containers (copy on write). */
export function baseImage(family: ImageFamily, withBash: boolean): DirectoryNode {
  const key = `${family}/${withBash}`;
  const known = trees.get(key);
  if (known) return known;
  const tree = build(family, withBash);
  trees.set(key, tree);
  return tree;
}

/** Marks a file as a program of the simulated shell; `toolOfFile` reads it back. */
const PROGRAM = '\x7fELF\x02\x01\x01\0kubette tool ';

/** A file that stands for a tool of the simulated shell, for images that have more of them. */
export function programFile(tool: string): Uint8Array {
  return Buffer.from(PROGRAM + tool, 'latin1');
}

/** The name of the tool that a program file of a base image stands for; undefined for other files. */
export function toolOfFile(content: Uint8Array): string | undefined {
  if (content[0] !== 0x7f || content.length > 100) return undefined;
  const text = Buffer.from(content).toString('latin1');
  return text.startsWith(PROGRAM) ? text.slice(PROGRAM.length) : undefined;
}

function build(family: ImageFamily, withBash: boolean): DirectoryNode {
  const root = newDirectory(undefined, BUILT);
  const folder = (path: string, mode = 0o755): DirectoryNode => {
    let at = root;
    for (const part of segments(path)) {
      const next = at.entries.get(part) ?? newDirectory(undefined, BUILT);
      at.entries.set(part, next);
      if (next.kind !== 'directory') throw new Error(`${path} leads through a file`);
      at = next;
    }
    at.mode = mode;
    return at;
  };
  const file = (path: string, content: string, mode = 0o644): void => {
    const node = newFile(undefined, BUILT, mode);
    setContent(node, Buffer.from(content, 'latin1'));
    const parts = segments(path);
    folder(parts.slice(0, -1).join('/')).entries.set(parts.at(-1) ?? '', node);
  };
  const link = (path: string, target: string): void => {
    const parts = segments(path);
    folder(parts.slice(0, -1).join('/')).entries.set(parts.at(-1) ?? '', newSymlink(undefined, BUILT, target));
  };
  const program = (path: string, tool: string): void => file(path, PROGRAM + tool, 0o755);

  for (const path of ['dev', 'proc', 'sys', 'etc']) folder(path);
  devices(folder('dev'));
  file('dev/termination-log', '', 0o666);
  accounts(family, file);
  const release = OS_RELEASE[family];
  if (release) file('etc/os-release', release);
  folder('root', 0o700);
  folder('tmp', 0o1777);
  if (family === 'empty') {
    folder('home/nonroot', 0o700);
    return root;
  }
  for (const path of ['home', 'usr/local/bin', 'var/spool', 'var/log', 'run', 'mnt', 'opt', 'srv', 'media']) folder(path);
  folder('var/tmp', 0o1777);
  link('var/run', '/run');
  if (family === 'busybox') busybox(program);
  else if (family === 'alpine') alpine(program, link);
  else debian(program, link, family === 'redhat' ? 'bash' : 'dash');
  if (withBash) {
    if (family === 'alpine') program('usr/local/bin/bash', 'bash');
    else if (family !== 'busybox') program('usr/bin/bash', 'bash');
  }
  return root;
}

function devices(dev: DirectoryNode): void {
  for (const name of ['null', 'zero', 'full', 'random', 'urandom', 'tty']) dev.entries.set(name, newSpecial(undefined, BUILT, name));
  for (const [name, fd] of [['stdin', 0], ['stdout', 1], ['stderr', 2]] as const) dev.entries.set(name, newSymlink(undefined, BUILT, `/proc/self/fd/${fd}`));
  dev.entries.set('fd', newSymlink(undefined, BUILT, '/proc/self/fd'));
  const shm = newDirectory(undefined, BUILT, 0o1777);
  dev.entries.set('shm', shm);
  dev.entries.set('pts', newDirectory(undefined, BUILT));
}

function accounts(family: ImageFamily, file: (path: string, content: string, mode?: number) => void): void {
  const shell = family === 'busybox' || family === 'alpine' ? '/bin/sh' : '/bin/bash';
  const system = [['daemon', 1, '/usr/sbin'], ['bin', 2, '/bin'], ['sys', 3, '/dev'], ['sync', 4, '/bin'], ['mail', 8, '/var/spool/mail'],
    ['www-data', 33, '/var/www'], ['operator', 37, '/var']] as const;
  const last = family === 'empty' ? 'nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n' : '';
  file('etc/passwd', `root:x:0:0:root:/root:${shell}\n${system.map(([name, id, home]) => `${name}:x:${id}:${id}:${name}:${home}:/bin/false\n`).join('')}`
    + `nobody:x:65534:65534:nobody:/home:/bin/false\n${last}`);
  file('etc/group', `root:x:0:\n${system.map(([name, id]) => `${name}:x:${id}:\n`).join('')}users:x:100:\nnogroup:x:65534:\n${last ? 'nonroot:x:65532:\n' : ''}`);
  file('etc/shadow', 'root:*:::::::\nnobody:*:::::::\n', 0o640);
  file('etc/nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files dns\n');
  for (const name of ['hostname', 'hosts', 'resolv.conf']) file(`etc/${name}`, '');
}

/** Programs of packages of their own. */
const NOT_BUSYBOX: ReadonlySet<string> = new Set(['curl', 'jq', 'ss']);
/** What Debian's images lack, or name otherwise. */
const BUSYBOX_ONLY: readonly string[] = ['httpd', 'adduser', 'addgroup'];

function busybox(program: (path: string, tool: string) => void): void {
  program('bin/busybox', 'busybox');
  program('usr/bin/env', 'env');
  for (const name of ['ash', ...CORE_TOOLS, ...OTHER_TOOLS]) if (!NOT_BUSYBOX.has(name)) program(`bin/${name}`, name);
  for (const name of BUSYBOX_ONLY) program(`bin/${name}`, name);
}

function alpine(program: (path: string, tool: string) => void, link: (path: string, target: string) => void): void {
  program('bin/busybox', 'busybox');
  for (const name of ['ash', ...CORE_TOOLS]) link(`bin/${name}`, '/bin/busybox');
  for (const name of OTHER_TOOLS) {
    if (NOT_BUSYBOX.has(name)) program(`usr/bin/${name}`, name);
    else link(`usr/bin/${name}`, '/bin/busybox');
  }
  for (const name of BUSYBOX_ONLY) if (name !== 'httpd') link(`usr/sbin/${name}`, '/bin/busybox');
}

function debian(program: (path: string, tool: string) => void, link: (path: string, target: string) => void, shell: string): void {
  for (const name of [...CORE_TOOLS, ...OTHER_TOOLS]) program(`usr/bin/${name}`, name === 'sh' ? shell : name);
  for (const name of ['adduser', 'addgroup', 'useradd', 'groupadd']) program(`usr/sbin/${name}`, name);
  program('usr/bin/perl', 'perl');
  link('bin', 'usr/bin');
  link('sbin', 'usr/sbin');
  link('lib', 'usr/lib');
}
