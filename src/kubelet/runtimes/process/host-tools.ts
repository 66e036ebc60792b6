import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Programs of the host that containers are started with: util-linux and iproute2, no others. */
const NEEDED = ['unshare', 'nsenter', 'mount', 'umount', 'pivot_root', 'sh', 'cp', 'mkdir', 'rm', 'rmdir', 'ip'] as const;

/** Where distributions keep what an ordinary user's PATH may lack. */
const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** The PATH that the host's tools are run with, whatever a container's variables say. */
export const TOOL_PATH = [...new Set([...(process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder.startsWith('/')), ...SYSTEM_FOLDERS])].join(delimiter);

/** The absolute path of a program of the host; undefined when it has none of that name. */
export function findTool(name: string, path = TOOL_PATH): string | undefined {
  return path.split(delimiter).map((folder) => join(folder, name)).find(isProgram);
}

/** Names of the tools that namespaces need and this host lacks. */
export function missingTools(): readonly string[] {
  return NEEDED.filter((name) => findTool(name) === undefined);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
