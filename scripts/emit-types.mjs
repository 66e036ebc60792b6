// Emits the declarations of what the package exports, twice: for importers and for those who require. Declarations that
// nobody can reach are left out; one that names a package which the user need not have is an error.  [--out DIR]
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, normalize, resolve } from 'node:path';

const root = join(import.meta.dirname, '..');
const out = process.argv.indexOf('--out');
const dist = out < 0 ? join(root, 'dist') : resolve(process.argv[out + 1]);
const ENTRIES = ['index.d.ts', 'testing/jest.d.ts', 'testing/vitest.d.ts'];
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const all = mkdtempSync(join(tmpdir(), 'kubette-types-'));
try {
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', join(root, 'tsconfig.types.json'), '--outDir', all], { stdio: 'inherit' });
  const reachable = new Map();
  const visit = (path) => {
    if (reachable.has(path)) return;
    const text = readFileSync(join(all, path), 'utf8');
    reachable.set(path, text);
    // Comments may hold examples with imports in them.
    const code = text.replace(/\/\*[\s\S]*?\*\//g, '');
    for (const [, from, imported] of code.matchAll(/\bfrom '([^']+)'|\bimport\('([^']+)'\)/g)) {
      const specifier = from ?? imported;
      if (specifier.startsWith('.')) visit(normalize(join(dirname(path), specifier)).replace(/\.js$/, '.d.ts'));
      else checkPackage(path, specifier);
    }
  };
  const checkPackage = (path, specifier) => {
    if (specifier.startsWith('node:') || Object.keys(manifest.dependencies).some((name) => specifier === name || specifier.startsWith(`${name}/`))) return;
    throw new Error(`the types of the package name ${specifier}, which users need not have: ${path}`);
  };
  for (const entry of ENTRIES) if (existsSync(join(all, entry))) visit(entry);
  for (const folder of ['types', 'cjs/types']) {
    rmSync(join(dist, folder), { recursive: true, force: true });
    for (const [path, text] of reachable) {
      mkdirSync(dirname(join(dist, folder, path)), { recursive: true });
      writeFileSync(join(dist, folder, path), text);
    }
  }
} finally {
  rmSync(all, { recursive: true, force: true });
}
