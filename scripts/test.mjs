// Everything that must hold before main may move: types, lint, generated files, build, unit, conformance and client tests, transcripts.
// A jest file that fails is played once more, alone; what passes then is named as flaky. Ends with one line, 'N passed, N failed'.  node scripts/test.mjs [--quick: unit and conformance tests only]
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, relative } from 'node:path';

const root = join(import.meta.dirname, '..');
const quick = process.argv.includes('--quick');
const scratch = mkdtempSync(join(tmpdir(), 'kubette-test-'));
const node = process.execPath;
const jest = join(root, 'node_modules/jest/bin/jest.js');
const bin = (name) => join(root, 'node_modules/.bin', name);

/** Runs a command with its output shown; resolves with its exit code. */
function run(command, args) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, FORCE_COLOR: process.stdout.isTTY ? '1' : '0' } });
    child.on('error', (error) => {
      console.error(String(error));
      resolve(127);
    });
    child.on('close', (code) => resolve(code ?? 1));
  });
}

/** Unit tests compute; the others wait for timers, processes and one another, so that more of them than there are cores do no harm. */
const UNIT_WORKERS = availableParallelism();
const WAITING_WORKERS = availableParallelism() + 1;

const totals = { passed: 0, failed: 0 };
const failures = [];

async function step(name, command, args) {
  const started = Date.now();
  console.log(`\n=== ${name}`);
  const code = await run(command, args);
  totals[code === 0 ? 'passed' : 'failed']++;
  if (code !== 0) failures.push(name);
  console.log(`=== ${name}: ${code === 0 ? 'ok' : `failed (exit code ${code})`}, ${((Date.now() - started) / 1000).toFixed(1)} s`);
  return code === 0;
}

/** Files of a project that are played again, at most: more of them are no coincidence. */
const REPLAYED = 5;
const flaky = [];

/** What a run has written as JSON, in jest's form; undefined when it came to nothing. */
function read(output) {
  try {
    return JSON.parse(readFileSync(output, 'utf8'));
  } catch {
    return undefined;
  }
}

/** A step whose command writes its counts as JSON, in jest's form, and is counted by them. `again` plays one of its files alone. */
async function counted(name, args, output, again) {
  const started = Date.now();
  console.log(`\n=== ${name}`);
  const code = await run(node, args);
  const result = read(output) ?? { numPassedTests: 0, numFailedTests: 1 };
  let { numPassedTests: passed } = result;
  let failed = result.numFailedTests + (result.numRuntimeErrorTestSuites ?? 0);
  // A run that fails without a failed test (a crash, a leak) must not look well.
  if (code !== 0 && failed === 0) failed = 1;
  const broken = (result.testResults ?? []).filter(({ status }) => status === 'failed').map((file) => file.name);
  if (again && broken.length > 0 && broken.length <= REPLAYED) {
    const recovered = [];
    for (const file of broken) {
      console.log(`\n=== ${name}: once more, alone: ${relative(root, file)}`);
      if (await again(file)) recovered.push(file);
    }
    flaky.push(...recovered.map((file) => relative(root, file)));
    if (recovered.length === broken.length) {
      passed += result.numFailedTests;
      failed = 0;
    }
  }
  totals.passed += passed;
  totals.failed += failed;
  if (failed > 0) failures.push(name);
  console.log(`=== ${name}: ${passed} passed, ${failed} failed, ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

function jestProject(project, workers) {
  const output = join(scratch, `${project}.json`);
  const flags = ['--experimental-vm-modules', '--no-warnings', jest, '--ci', '--json', `--outputFile=${output}`];
  return counted(`${project} tests`, [...flags, `--maxWorkers=${workers}`, '--selectProjects', project], output, async (file) => {
    rmSync(output, { force: true });
    const code = await run(node, [...flags, '--runInBand', '--forceExit', '--runTestsByPath', file, '--selectProjects', project]);
    return code === 0 && read(output)?.success === true && read(output).numPassedTests > 0;
  });
}

if (!quick) {
  await step('types', bin('tsc'), ['-p', '.']);
  await step('lint', bin('oxlint'), ['--type-aware', 'src', 'test', 'bench']);
  await step('import table', node, ['scripts/check-imports.mjs']);
  await step('generated files', node, ['scripts/generate.mjs', '--check']);
  await step('build', node, ['scripts/build.mjs']);
}
await jestProject('unit', UNIT_WORKERS);
await jestProject('conformance', WAITING_WORKERS);
if (!quick) {
  await jestProject('clients', WAITING_WORKERS);
  const output = join(scratch, 'transcripts.json');
  await counted('transcripts', ['test/transcripts/ratchet.mjs', '--output', output], output);
}
rmSync(scratch, { recursive: true, force: true });
for (const file of flaky) console.log(`\nflaky: ${file}, passed when played alone`);
if (failures.length > 0) console.log(`\nfailed: ${failures.join(', ')}`);
console.log(`\n${totals.passed} passed, ${totals.failed} failed`);
process.exitCode = totals.failed === 0 ? 0 : 1;
