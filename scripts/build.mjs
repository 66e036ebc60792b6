// Bundles the package into dist/: one file for the CLI and one for the library, sharing lazily loaded chunks.
// level and its native addon stay outside (a prebuilt binary); everything else is bundled (docs/decisions/0002-one-bundle.md).
import { build } from 'esbuild';
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { writeProse } from './generate-prose.mjs';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');

/** Newest change below a folder, in milliseconds. */
function newest(path) {
  const stat = statSync(path);
  return stat.isDirectory() ? Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name)))) : stat.mtimeMs;
}
if (process.argv.includes('--if-stale') && existsSync(join(dist, 'cli.mjs'))) {
  const built = statSync(join(dist, 'cli.mjs')).mtimeMs;
  if (['src', 'openapi', 'scripts/build.mjs', 'scripts/generate-prose.mjs', 'package.json'].every((path) => newest(join(root, path)) < built)) process.exit(0);
}
rmSync(dist, { recursive: true, force: true });

// Bundled CommonJS packages call require for Node's own modules; ESM has none. The name is long so that no package declares it too.
const banner = `import { createRequire as kubetteBundleCreateRequire } from 'node:module'; const require = kubetteBundleCreateRequire(import.meta.url);`;

await build({
  absWorkingDir: root,
  entryPoints: { index: 'src/index.ts', cli: 'src/cli/bin.ts' },
  outdir: dist,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  outExtension: { '.js': '.mjs' },
  chunkNames: 'chunks/[name]-[hash]',
  external: ['level', 'classic-level', '@mongodb-js/zstd', 'node-liblzma', 'bufferutil', 'utf-8-validate'],
  banner: { js: banner },
  legalComments: 'none',
  minifySyntax: true,
  minifyWhitespace: true,
  logLevel: 'warning',
});

const cli = join(dist, 'cli.mjs');
writeFileSync(cli, `#!/usr/bin/env node\n${readFileSync(cli, 'utf8')}`);
chmodSync(cli, 0o755);
// Facts are read at run time, the first time that somebody asks.
mkdirSync(join(dist, 'openapi'), { recursive: true });
// paths.json is for tests, line-breaks.json for the prose below.
const AT_BUILD_ONLY = ['paths.json', 'line-breaks.json'];
cpSync(join(root, 'openapi'), join(dist, 'openapi'), { recursive: true, filter: (path) => !AT_BUILD_ONLY.includes(basename(path)) });
writeProse(join(dist, 'openapi', 'prose.json.br'));
