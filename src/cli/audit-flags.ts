import { checkPolicy, PolicyError, type AuditSettings } from '../index.js';
import type { Flags, Parsed } from './flags.js';
import { UsageError, UserError } from './usage-error.js';

/** kube-apiserver's flags of the audit log. */
export const AUDIT_FLAGS: Flags = {
  'audit-policy-file': { type: 'string', value: 'FILE', help: 'which requests are logged how closely (audit.k8s.io/v1 Policy)' },
  'audit-log-path': { type: 'string', value: 'FILE', help: "the audit log; '-' for standard output" },
  'audit-log-maxage': { type: 'string', value: 'DAYS', help: 'how long rotated logs are kept, 0 for ever', default: '0' },
  'audit-log-maxbackup': { type: 'string', value: 'N', help: 'how many rotated logs are kept, 0 for all', default: '0' },
  'audit-log-maxsize': { type: 'string', value: 'MB', help: 'size at which the log is rotated, 0 for never (default 100)' },
  'audit-log-compress': { type: 'boolean', help: 'compress rotated logs' },
};

/** Undefined when no log is asked for. One of the two flags alone logs nothing in kube-apiserver, silently: here it is a UsageError. Throws UserError for a file that is no policy. */
export async function audit(flags: Parsed): Promise<AuditSettings | undefined> {
  const file = flags.string('audit-policy-file');
  const log = flags.string('audit-log-path');
  if (file === undefined && log === undefined) return undefined;
  if (file === undefined) throw new UsageError('--audit-log-path needs --audit-policy-file: without a policy nothing is logged');
  if (log === undefined) throw new UsageError('--audit-policy-file needs --audit-log-path: a file, or - for standard output');
  const { readYaml } = await import('./yaml-file.js');
  try {
    return {
      policy: checkPolicy(readYaml(file, 'audit policy')),
      log,
      maxAgeDays: flags.integer('audit-log-maxage', 0, 100_000),
      maxBackups: flags.integer('audit-log-maxbackup', 0, 100_000),
      maxSizeMb: flags.integer('audit-log-maxsize', 0, 100_000),
      compress: flags.boolean('audit-log-compress'),
    };
  } catch (error) {
    if (error instanceof PolicyError) throw new UserError(`${file}: ${error.message}`);
    throw error;
  }
}
