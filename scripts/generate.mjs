// Rewrites everything that is generated from openapi/. `--check` changes nothing and fails if anything would change.
//   node scripts/generate.mjs [--check]
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, existsSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Scripts in order, with what each writes. openapi/go-types.json needs Go: see scripts/go-types/main.go. */
const STEPS = [
  { script: 'generate-definitions.mjs', writes: ['openapi/definitions.json'] },
  { script: 'generate-types.mjs', writes: ['src/api/types'] },
];
const root = join(import.meta.dirname, '..');

function run(folder) {
  for (const { script } of STEPS) execFileSync(process.execPath, [join(folder, 'scripts', script)], { stdio: 'inherit' });
}

/** Relative paths of the files under a path, which may be a file. */
function filesOf(folder, path) {
  const full = join(folder, path);
  if (!existsSync(full)) return [];
  try {
    return readdirSync(full).flatMap((name) => filesOf(folder, join(path, name)));
  } catch {
    return [path];
  }
}

if (process.argv.includes('--check')) {
  const copy = mkdtempSync(join(tmpdir(), 'kubette-generate-'));
  try {
    for (const path of ['scripts', 'openapi']) cpSync(join(root, path), join(copy, path), { recursive: true });
    mkdirSync(join(copy, 'src', 'api'), { recursive: true });
    run(copy);
    const stale = [];
    for (const path of STEPS.flatMap((step) => step.writes)) {
      const names = new Set([...filesOf(root, path), ...filesOf(copy, path)]);
      for (const name of names) {
        const [here, there] = [join(root, name), join(copy, name)];
        if (!existsSync(here) || !existsSync(there) || readFileSync(here, 'utf8') !== readFileSync(there, 'utf8')) stale.push(name);
      }
    }
    if (stale.length > 0) {
      console.error(`Not what the generator writes; run \`npm run generate\`:\n${stale.map((name) => `  ${name}`).join('\n')}`);
      process.exitCode = 1;
    }
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
} else {
  run(root);
}
