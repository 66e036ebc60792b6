// Everything that must hold before main may move: types, lint, generated files, build, unit, conformance and client tests, transcripts.
// Ends with one line, 'N passed, N failed'.  node scripts/test.mjs [--quick: unit and conformance tests only]
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

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

/** A step whose command writes its counts as JSON, in jest's form, and is counted by them. */
async function counted(name, args, output) {
  const started = Date.now();
  console.log(`\n=== ${name}`);
  const code = await run(node, args);
  let result;
  try {
    result = JSON.parse(readFileSync(output, 'utf8'));
  } catch {
    result = { numPassedTests: 0, numFailedTests: 1 };
  }
  totals.passed += result.numPassedTests;
  totals.failed += result.numFailedTests + (result.numRuntimeErrorTestSuites ?? 0);
  // A run that fails without a failed test (a crash, a leak) must not look well.
  if (code !== 0 && !result.numFailedTests && !result.numRuntimeErrorTestSuites) totals.failed++;
  if (code !== 0) failures.push(name);
  console.log(`=== ${name}: ${result.numPassedTests} passed, ${result.numFailedTests} failed, ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

function jestProject(project) {
  const output = join(scratch, `${project}.json`);
  return counted(`${project} tests`, ['--experimental-vm-modules', '--no-warnings', jest, '--selectProjects', project, '--json', `--outputFile=${output}`, '--ci'], output);
}

if (!quick) {
  await step('types', bin('tsc'), ['-p', '.']);
  await step('lint', bin('oxlint'), ['--type-aware', 'src', 'test', 'bench']);
  await step('import table', node, ['scripts/check-imports.mjs']);
  await step('generated files', node, ['scripts/generate.mjs', '--check']);
  await step('build', node, ['scripts/build.mjs']);
}
await jestProject('unit');
await jestProject('conformance');
if (!quick) {
  await jestProject('clients');
  const output = join(scratch, 'transcripts.json');
  await counted('transcripts', ['test/transcripts/ratchet.mjs', '--output', output], output);
}
rmSync(scratch, { recursive: true, force: true });
if (failures.length > 0) console.log(`\nfailed: ${failures.join(', ')}`);
console.log(`\n${totals.passed} passed, ${totals.failed} failed`);
process.exitCode = totals.failed === 0 ? 0 : 1;
