// Bundles the package into dist/: one file for the CLI and one for the library, sharing lazily loaded chunks.
// level and its native addon stay outside (a prebuilt binary); everything else is bundled (docs/decisions/0002-one-bundle.md).
import { build } from 'esbuild';
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { writeProse } from './generate-prose.mjs';

const root = join(import.meta.dirname, '..');
// --out DIR builds elsewhere, --package also what only the published package has.
const out = process.argv.indexOf('--out');
const dist = out < 0 ? join(root, 'dist') : resolve(process.argv[out + 1]);

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

const shared = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  external: ['level', 'classic-level', '@mongodb-js/zstd', 'node-liblzma', 'bufferutil', 'utf-8-validate', '@kubernetes/client-node', 'vitest'],
  legalComments: 'none',
  minifySyntax: true,
  minifyWhitespace: true,
  logLevel: 'warning',
  metafile: true,
};

const bundles = [];
bundles.push(await build({
  ...shared,
  entryPoints: { index: 'src/index.ts', cli: 'src/cli/bin.ts', vitest: 'src/testing/vitest.ts' },
  outdir: dist,
  splitting: true,
  format: 'esm',
  outExtension: { '.js': '.mjs' },
  chunkNames: 'chunks/[name]-[hash]',
  banner: { js: banner },
}));

// For those who require: a bundle of its own, since jest lets nobody import from where it runs tests (docs/decisions/commonjs-bundle.md).
if (process.argv.includes('--package')) {
  const cjs = {
    ...shared,
    outdir: join(dist, 'cjs'),
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
    define: { 'import.meta.url': 'kubetteBundleUrl' },
    // What stays outside is CommonJS too; jest cannot import at all.
    supported: { 'dynamic-import': false },
    banner: { js: "const kubetteBundleUrl = require('node:url').pathToFileURL(__filename).href;" },
  };
  bundles.push(await build({ ...cjs, entryPoints: { index: 'src/index.ts' } }));
  const library = { name: 'library', setup: ({ onResolve }) => onResolve({ filter: /^\.\.\/index\.js$/ }, () => ({ path: './index.cjs', external: true })) };
  bundles.push(await build({ ...cjs, entryPoints: { jest: 'src/testing/jest.ts' }, plugins: [library] }));
  // Declarations below are those of CommonJS modules.
  writeFileSync(join(dist, 'cjs', 'package.json'), '{ "type": "commonjs" }\n');
  const { thirdPartyNotices } = await import('./third-party-notices.mjs');
  // The prose of fields is read out of client-node's typings.
  writeFileSync(join(dist, 'THIRD-PARTY-NOTICES.txt'), thirdPartyNotices(root, bundles.map(({ metafile }) => metafile), ['node_modules/@kubernetes/client-node']));
}

const cli = join(dist, 'cli.mjs');
writeFileSync(cli, `#!/usr/bin/env node\n${readFileSync(cli, 'utf8')}`);
chmodSync(cli, 0o755);
// Facts are read at run time, the first time that somebody asks.
mkdirSync(join(dist, 'openapi'), { recursive: true });
// paths.json is for tests, line-breaks.json for the prose below.
const AT_BUILD_ONLY = ['paths.json', 'line-breaks.json'];
cpSync(join(root, 'openapi'), join(dist, 'openapi'), { recursive: true, filter: (path) => !AT_BUILD_ONLY.includes(basename(path)) });
writeProse(join(dist, 'openapi', 'prose.json.br'));
