import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Server } from '../support/server.js';
import { until } from '../support/until.js';

/** A command of docs/addons.md and what it is said to print. */
interface Step {
  readonly command: string;
  readonly output: string;
}

const text = readFileSync(join(import.meta.dirname, '../../docs/addons.md'), 'utf8');
const steps = [...text.matchAll(/```console\n([\s\S]*?)```/g)].flatMap(([, block = '']) =>
  block.split(/^\$ /m).slice(1).map((part): Step => {
    const end = part.indexOf('\n');
    return { command: part.slice(0, end), output: part.slice(end + 1) };
  }),
);

/** Ages, usage, names of pods and widths of columns differ from run to run; numbers that stand alone or are sizes do not. */
const alike = (printed: string): string =>
  printed
    .replace(/-[a-z0-9]{8,10}-[a-z0-9]{5}\b/g, '-POD')
    .replace(/(?<!New size: )\b\d+(?=(m|Mi|%|s)\b|%)/g, 'N')
    .split('\n')
    .map((line) => line.trim().replace(/\s+/g, ' '))
    .join('\n')
    .trim();

test('the examples of docs/addons.md do what they say', async () => {
  const [serve, ...rest] = steps;
  const flags = serve?.command.split(' ').slice(2).filter((flag) => flag !== '--in-memory') ?? [];
  await using server = await Server.start({ flags, inMemory: true });
  const { command: [kubectl, ...options], env } = server.kubectl.commandLine([]);
  // Later lines use variables of earlier ones.
  const variables = new Map<string, string>();
  const shell = async (line: string): Promise<string> => {
    const assignment = /^([A-Z]+)=(.*)$/.exec(line);
    const script = assignment ? `echo ${assignment[2]}` : line;
    const child = spawn('bash', ['-c', `kubectl() { '${kubectl}' ${options.join(' ')} "$@"; }\n${script}`], { env: { ...env, ...Object.fromEntries(variables), PATH: `${dirname(kubectl)}:${env['PATH'] ?? ''}` } });
    let printed = '';
    child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (printed += chunk.toString()));
    await new Promise((resolve) => child.on('close', resolve));
    if (!assignment) return printed;
    variables.set(assignment[1] ?? '', printed.trim());
    return '';
  };
  expect(rest.length).toBeGreaterThan(12);
  for (const { command, output } of rest) {
    const changes = /^kubectl (create|set|autoscale|annotate|expose)|=\$\(/.test(command);
    let printed = await shell(command);
    if (command.includes('rollout status')) printed = `${printed.trim().split('\n').at(-1) ?? ''}\n`;
    // What is only looked at may take its time.
    if (!changes && alike(printed) !== alike(output)) {
      await until(async () => {
        printed = await shell(command);
        return alike(printed) === alike(output);
      }, `${command} to print ${output}`, 30_000).catch(() => {});
    }
    expect(`$ ${command}\n${alike(printed)}`).toBe(`$ ${command}\n${alike(output)}`);
  }
});
