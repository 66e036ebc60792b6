import { basename } from 'node:path/posix';
import { errorText } from '../../../files/file-system-error.js';
import { CommandError } from '../../errors.js';
import type { Task } from '../../task.js';

/** A multipart/form-data body and its boundary. */
export interface FormBody {
  readonly data: Buffer;
  readonly contentType: string;
}

/** What `-F name=value`, `-F name=@file` and `-F name=<file` send. */
export async function formBody(task: Task, fields: readonly string[]): Promise<FormBody> {
  const boundary = '------------------------kubetteF0rmB0undary';
  const parts: Buffer[] = [];
  for (const field of fields) {
    const at = field.indexOf('=');
    if (at < 0) throw new CommandError(`(26) Failed to open/read local data from file/application`, 26);
    const name = field.slice(0, at);
    const [value = '', ...settings] = field.slice(at + 1).split(';');
    const setting = (key: string): string | undefined => settings.find((text) => text.trim().startsWith(`${key}=`))?.trim().slice(key.length + 1);
    const fromFile = /^[@<]/.test(value);
    const data = fromFile ? await read(task, value.slice(1)) : Buffer.from(field.slice(at + 1));
    const fileName = value.startsWith('@') ? `; filename="${setting('filename') ?? basename(value.slice(1))}"` : '';
    const type = value.startsWith('@') ? `Content-Type: ${setting('type') ?? 'application/octet-stream'}\r\n` : '';
    parts.push(Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${name}"${fileName}\r\n${type}\r\n`), data, Buffer.from('\r\n'));
  }
  return { data: Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]), contentType: `multipart/form-data; boundary=${boundary}` };
}

async function read(task: Task, path: string): Promise<Buffer> {
  try {
    return Buffer.from(await task.fs.readFileBuffer(task.resolve(path)));
  } catch (error) {
    throw new CommandError(`(26) Failed to open/read local data from file/application: ${errorText(error)}`, 26);
  }
}
