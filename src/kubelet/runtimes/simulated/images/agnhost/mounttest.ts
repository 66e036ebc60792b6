import { sleep } from '../../../../../base/clock.js';
import type { FileStat, FileSystem } from '../../file-system.js';
import type { ProgramProcess } from '../../program.js';
import { asMounted, mountTable } from '../../root-file-system.js';
import { goFlags } from '../go-log.js';

const CONTENT = 'mount-tester new file\n';
const DEFAULT_RETRY_SECONDS = 180;

type Owned = FileStat & { readonly uid?: number; readonly gid?: number };

/** Tells about files and mounts: their types, modes, owners and contents; writes new ones. */
export async function mounttest(process: ProgramProcess, args: readonly string[]): Promise<number> {
  const { flags } = goFlags(args);
  const { fs, stdout } = process;
  const say = (text: string): void => void stdout.write(`${text}\n`);
  const each = async (flag: string, work: (path: string) => Promise<void>): Promise<void> => {
    for (const path of (flags.get(flag) ?? '').split(',').filter(Boolean)) await work(path);
  };
  try {
    await each('fs_type', async (path) => {
      const [type] = mountsOf(fs).split('\n').map((line) => line.split(' ')).find(([, at]) => at === path) ?? [];
      say(`mount type of "${path}": ${type ?? 'overlay'}`);
    });
    for (const mode of [0o644, 0o666, 0o660, 0o777]) {
      await each(`new_file_0${mode.toString(8)}`, async (path) => {
        await fs.writeFile(path, CONTENT);
        await fs.chmod(path, mode);
      });
    }
    await each('file_content', async (path) => say(`content of file "${path}": ${await fs.readFile(path)}`));
    await each('file_content_in_loop', (path) => inLoop(process, path, Number(flags.get('retry_time') ?? DEFAULT_RETRY_SECONDS) * 1000));
    await each('file_mode', async (path) => say(`mode of file "${path}": ${modeText(await fs.stat(path))}`));
    await each('file_perm', async (path) => say(`perms of file "${path}": ${modeText(await fs.stat(path)).replace(/^./, '-')}`));
    await each('file_owner', async (path) => {
      const { uid = 0, gid = 0 } = (await fs.stat(path)) as Owned;
      say(`owner UID of "${path}": ${uid}\nowner GID of "${path}": ${gid}`);
    });
    return 0;
  } catch (error) {
    say(`error: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
}

/** Tells a file's content once a second, as it changes with its ConfigMap, say. */
async function inLoop(process: ProgramProcess, path: string, ms: number): Promise<void> {
  const until = process.clock.now() + ms;
  while (process.clock.now() < until && !process.signal.aborted) {
    const text = await process.fs.readFile(path).catch((error: unknown) => `error reading file content for "${path}": ${error instanceof Error ? error.message : String(error)}`);
    process.stdout.write(`content of file "${path}": ${text}\n`);
    await sleep(process.clock, 1000, process.signal).catch(() => {});
  }
}

/** A mode as Go prints it: `-rw-r--r--`, `drwxrwxrwx`, `dtrwxrwxrwx`. */
function modeText({ mode, isDirectory, isSymbolicLink }: FileStat): string {
  const type = `${isDirectory ? 'd' : isSymbolicLink ? 'L' : ''}${mode & 0o1000 ? 't' : ''}` || '-';
  return type + [6, 3, 0].map((shift) => ['r', 'w', 'x'].map((letter, i) => ((mode >> shift) & (4 >> i) ? letter : '-')).join('')).join('');
}

function mountsOf(fs: FileSystem): string {
  const mounted = asMounted(fs);
  return mounted ? mountTable(mounted) : '';
}
