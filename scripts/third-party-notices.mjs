import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The licences of all packages that a bundle holds code of: most of them ask that their text goes with every copy.
 * `metafiles`: what esbuild tells of each bundle; `others`: folders of packages that something else was taken from. Throws for a package without a licence file.
 */
export function thirdPartyNotices(root, metafiles, others) {
  const folders = new Set(others);
  for (const { outputs } of metafiles)
    for (const { inputs } of Object.values(outputs))
      for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
        // The innermost package, for packages may bring others of their own.
        const [folder] = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)/.exec(path) ?? [];
        if (folder !== undefined && bytesInOutput > 0) folders.add(folder);
      }
  const packages = [...folders].map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    const text = licenceOf(join(root, folder));
    if (text === undefined) throw new Error(`${folder} has no licence file`);
    return { title: `${name} ${version} (${license ?? 'see below'})`, text };
  });
  packages.sort((a, b) => (a.title < b.title ? -1 : 1));
  return `kubette's files hold code or texts of these packages.\n\n${packages.map(({ title, text }) => `${'='.repeat(title.length)}\n${title}\n${'='.repeat(title.length)}\n\n${text.trim()}\n`).join('\n')}`;
}

function licenceOf(folder) {
  const file = readdirSync(folder).find((name) => /^(licen[cs]e|copying)(\.(md|txt|mit|apache2))?$/i.test(name));
  return file === undefined ? undefined : readFileSync(join(folder, file), 'utf8');
}
