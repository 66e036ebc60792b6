const TEXTS = {
  ENOENT: 'no such file or directory',
  EEXIST: 'file already exists',
  ENOTDIR: 'not a directory',
  EISDIR: 'illegal operation on a directory',
  ENOTEMPTY: 'directory not empty',
  EINVAL: 'invalid argument',
  ELOOP: 'too many levels of symbolic links',
  EROFS: 'read-only file system',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EXDEV: 'cross-device link not permitted',
  EBUSY: 'resource busy or locked',
  ENOSPC: 'no space left on device',
} as const;

export type FileErrorCode = keyof typeof TEXTS;

/** Texts as libc prints them, for tools' messages. */
const LIBC_TEXTS: Readonly<Record<FileErrorCode, string>> = {
  ENOENT: 'No such file or directory',
  EEXIST: 'File exists',
  ENOTDIR: 'Not a directory',
  EISDIR: 'Is a directory',
  ENOTEMPTY: 'Directory not empty',
  EINVAL: 'Invalid argument',
  ELOOP: 'Too many levels of symbolic links',
  EROFS: 'Read-only file system',
  EACCES: 'Permission denied',
  EPERM: 'Operation not permitted',
  EXDEV: 'Invalid cross-device link',
  EBUSY: 'Device or resource busy',
  ENOSPC: 'No space left on device',
};

/** A failed file operation, worded as Node's fs words it: just-bash's tools look for the code in the message. */
export class FileSystemError extends Error {
  constructor(readonly code: FileErrorCode, operation: string, path: string) {
    super(`${code}: ${TEXTS[code]}, ${operation} '${path}'`);
  }
}

/** What `strerror` says about an error of any file system ('No such file or directory'). */
export function errorText(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const code = /^(E[A-Z]+)\b/.exec(message)?.[1] ?? '';
  if (Object.hasOwn(LIBC_TEXTS, code)) return LIBC_TEXTS[code as FileErrorCode];
  return message;
}
