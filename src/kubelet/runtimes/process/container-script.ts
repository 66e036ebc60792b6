import { posix } from 'node:path';
import { commandLine, isShellName, quote } from './shell-text.js';
import type { ContainerPlan } from './isolation.js';
import { resolveInRoot } from './root-path.js';

/** Where the host's root is moved to before it is let go of. */
export const OLD_ROOT = '/.host';
/** Devices that every container has. */
const DEVICES = ['null', 'zero', 'full', 'random', 'urandom', 'tty'];
/** Folders of the host's root that a container has of its own. */
const OWN_FOLDERS: ReadonlySet<string> = new Set(['proc', 'sys', 'dev', 'tmp', 'run', 'mnt', 'media', 'lost+found']);

/**
 * The shell script that a container's first process runs before it becomes the container's command: it builds the root
 * file system in a mount namespace of its own, moves into it, and tells on descriptor 3 when it is there. Then it waits for
 * a line on descriptor 4, while kubette lets go of the host's root (which no program within can: the image may have none).
 */
export function containerScript(plan: ContainerPlan): string {
  const root = `${plan.folder}/root`;
  return [
    'set -e',
    ...rootFileSystem(plan, root),
    ...systemFolders(plan, root),
    ...plan.hidden.map((folder) => `if [ -d ${quote(root + folder)} ]; then mount -t tmpfs -o ro,size=0,mode=000 none ${quote(root + folder)} || :; fi`),
    ...plan.mounts.flatMap((mount) => bind(mount.source, root + inRoot(plan, mount.path), mount.readOnly)),
    ...(plan.config.readOnlyRootFilesystem ? [`mount -o remount,ro,bind ${quote(root)} 2>/dev/null || mount -o remount,ro ${quote(root)}`] : []),
    `cd ${quote(root)}`,
    `pivot_root . .${OLD_ROOT}`,
    'cd /',
    'echo moved >&3',
    'read -r go <&4',
    ...becomeCommand(plan),
  ].join('\n');
}

/** The root: the image's, or the host's seen through a layer that takes what the container writes. */
function rootFileSystem({ image, folder, config }: ContainerPlan, root: string): string[] {
  const upper = `${folder}/upper`;
  const work = `${folder}/work`;
  if (image.rootFolder !== undefined) {
    return [
      overlay(image.rootFolder, upper, work, root, `cp -a ${quote(image.rootFolder)}/. ${quote(upper)}/ && mount --bind ${quote(upper)} ${quote(root)}`),
      `mkdir -p ${quote(root)}/proc ${quote(root)}/sys ${quote(root)}/dev ${quote(root)}/tmp ${quote(root + OLD_ROOT)}`,
    ];
  }
  // The host's root as a whole can't be a layer: what is mounted below it is locked in place for ordinary users.
  const eachFolder = config.readOnlyRootFilesystem
    ? 'mount --rbind "$path" "$to"; mount -o remount,bind,ro "$to" || :'
    : overlay('$path', `${upper}/$name`, `${work}/$name`, '$to', 'mount --rbind "$path" "$to"; mount -o remount,bind,ro "$to" || :');
  return [
    `mount -t tmpfs -o mode=755,size=16m root ${quote(root)}`,
    'for path in /*; do',
    '  name=${path#/}',
    `  to=${quote(root)}/$name`,
    `  case $name in ${[...OWN_FOLDERS].join('|')}) mkdir "$to"; continue ;; esac`,
    '  if [ -L "$path" ]; then cp -P "$path" "$to"',
    '  elif [ -d "$path" ]; then',
    `    mkdir -p "$to" ${quote(upper)}/"$name" ${quote(work)}/"$name"`,
    `    ${eachFolder}`,
    '  fi',
    'done',
    `mkdir ${quote(root + OLD_ROOT)}`,
    // What the host keeps there is the host's: sockets of its daemons, temporary files.
    ...['tmp', 'run'].map((name) => `mkdir -p ${quote(`${upper}/${name}`)}; chmod ${name === 'tmp' ? '1777' : '755'} ${quote(`${upper}/${name}`)}; mount --bind ${quote(`${upper}/${name}`)} ${quote(`${root}/${name}`)}`),
  ];
}

function overlay(lower: string, upper: string, work: string, to: string, otherwise: string): string {
  const options = `lowerdir=${lower},upperdir=${upper},workdir=${work},userxattr`;
  return `mount -t overlay overlay -o "${options}" "${to}" 2>/dev/null || { ${otherwise}; }`;
}

/** /proc, /sys, /dev and the files that the kubelet manages. */
function systemFolders(plan: ContainerPlan, root: string): string[] {
  const { folder, config } = plan;
  const managed = (file: string, path: string): string[] => bind(`${folder}/${file}`, root + inRoot(plan, path), false);
  return [
    `mount -t proc proc ${quote(root)}/proc`,
    `mount -t sysfs -o ro sysfs ${quote(root)}/sys 2>/dev/null || mount --rbind /sys ${quote(root)}/sys || :`,
    `mount -t tmpfs -o mode=755,size=64m dev ${quote(root)}/dev`,
    `for name in ${DEVICES.join(' ')}; do : > ${quote(root)}/dev/$name; mount --bind /dev/$name ${quote(root)}/dev/$name; done`,
    `mkdir ${quote(root)}/dev/pts ${quote(root)}/dev/shm`,
    `mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts ${quote(root)}/dev/pts 2>/dev/null || :`,
    `mount -t tmpfs -o mode=1777,size=64m shm ${quote(root)}/dev/shm`,
    ...Object.entries({ fd: '/proc/self/fd', stdin: '/proc/self/fd/0', stdout: '/proc/self/fd/1', stderr: '/proc/self/fd/2', ptmx: 'pts/ptmx' })
      .map(([name, to]) => `ln -s ${to} ${quote(root)}/dev/${name}`),
    // Often a link to what the host's network manager writes.
    ...['hosts', 'hostname', 'resolv.conf'].flatMap((file) => [`rm -f ${quote(`${root}/etc/${file}`)} 2>/dev/null || :`, ...bind(`${folder}/${file}`, `${root}/etc/${file}`, false)]),
    ...managed('termination-log', config.terminationMessagePath),
  ];
}

/** A path as the container's root has it; the image's links can't lead out of it. */
function inRoot({ image }: ContainerPlan, path: string): string {
  return image.rootFolder === undefined ? resolveInRoot('/', path, OWN_FOLDERS) : resolveInRoot(image.rootFolder, path, new Set(['proc', 'sys', 'dev']));
}

/** Binds a file or folder of the host to a path in the new root, which is made where it can be. */
function bind(source: string, to: string, readOnly: boolean): string[] {
  const from = quote(source);
  const at = quote(to);
  return [
    `if [ -d ${from} ]; then mkdir -p ${at} || :; else mkdir -p ${quote(posix.dirname(to))} && { [ -e ${at} ] || : > ${at}; } || :; fi`,
    `mount --rbind ${from} ${at}`,
    ...(readOnly ? [`mount -o remount,bind,ro ${at}`] : []),
  ];
}

/**
 * The last lines: the container's environment and folder, a look whether its command is there, and the command.
 * Only what the shell itself can do: the image may have no program but the container's.
 */
export function becomeCommand({ argv, env, workingDir, user, config: { tty } }: Pick<ContainerPlan, 'argv' | 'env' | 'workingDir' | 'user' | 'config'>): string[] {
  const [program = ''] = argv;
  const plain = env.filter(([name]) => isShellName(name));
  const odd = env.filter(([name]) => !isShellName(name));
  const fail = (problem: string): string => `{ echo ${quote(problem)} >&3; exit 128; }`;
  const quoted = JSON.stringify(program);
  // A user other than root takes a user namespace more, which needs unshare in the image; so do odd names env.
  const as = user.uid === 0 ? [] : ['unshare', '--user', `--map-user=${user.uid}`, `--map-group=${user.gid}`, '--'];
  const set = odd.length > 0 ? ['env', ...odd.map(([name, value]) => `${name}=${value}`)] : [];
  return [
    'unset go path name to PWD OLDPWD SHLVL _ PATH',
    'set +e',
    // So far descriptor 2 was for complaints of the tools that led here; the container's own is 5, or its terminal.
    tty ? 'exec 2>&1 5>&-' : 'exec 2>&5 5>&-',
    ...plain.map(([name, value]) => `export ${name}=${quote(value)}`),
    `cd ${quote(workingDir)} 2>/dev/null || ${fail(`mkdir or chdir to cwd (${JSON.stringify(workingDir)}) set in config.json failed: no such file or directory`)}`,
    // `command -v` would find the shell's own commands too, and those can't be executed.
    'found() { IFS=:; for folder in $PATH; do if [ -f "$folder/$1" ] && [ -x "$folder/$1" ]; then return 0; fi; done; return 1; }',
    ...(program.includes('/')
      ? [
          `[ -e ${quote(program)} ] || ${fail(`exec: ${quoted}: stat ${program}: no such file or directory`)}`,
          `{ [ -f ${quote(program)} ] && [ -x ${quote(program)} ]; } || ${fail(`exec: ${quoted}: permission denied`)}`,
        ]
      : [`( found ${quote(program)} ) || ${fail(`exec: ${quoted}: executable file not found in $PATH`)}`]),
    'echo started >&3',
    `exec ${commandLine([...as, ...set, ...argv])} 3>&- 4<&-`,
  ];
}
