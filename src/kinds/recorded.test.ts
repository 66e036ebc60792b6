import { readdirSync } from 'node:fs';
import { expectedOf, loadRecording, replayCreate, replayUpdate } from '../../test/support/kinds/replay.js';
import { applyMergePatch } from '../../test/support/kinds/merge-patch.mjs';
import type { KindEnvironment } from './environment.js';
import { builtinKinds } from './index.js';

const environment: KindEnvironment = {
  nodes: { agent: () => undefined },
  network: { connect: () => Promise.reject(new Error('no network here')) },
  tokens: { issue: () => Promise.reject(new Error('no tokens here')), issuer: 'https://kubernetes.default.svc.cluster.local', audiences: [] },
  access: { decide: () => ({ allowed: true }), rulesFor: () => ({ rules: [] }) },
  reviewToken: () => Promise.reject(new Error('no tokens here')),
  serviceClusterIpRange: '10.96.0.0/16',
  serviceNodePortRange: [30_000, 32_767],
};
const kinds = builtinKinds(environment);
const folder = 'test/fixtures/kinds';
const files = readdirSync(folder).filter((file) => file.endsWith('.json'));

describe.each(files)('the real server answered %s', (file) => {
  const recording = loadRecording(`${folder}/${file}`);
  const { group, version, kind: name } = recording.gvk;
  const kind = kinds.find(({ gvk }) => gvk.group === group && gvk.version === version && gvk.kind === name);
  if (!kind) throw new Error(`no kind ${name}`);

  if (recording.create.length > 0) {
    test.each(recording.create.map((c) => [c.name, c] as const))('and we answer alike to create: %s', (_name, recorded) => {
      expect(replayCreate(kind, recording, recorded)).toEqual(expectedOf(kind, recorded, recorded.input));
    });
  }

  const updates = recording.updates.flatMap(({ old, cases }, group) => cases.map((c) => [`${group} ${c.subresource ?? 'update'}: ${c.name}`, old, c] as const));
  if (updates.length > 0) {
    test.each(updates)('and we answer alike to %s', (_name, old, recorded) => {
      expect(replayUpdate(kind, recording, old, recorded)).toEqual(expectedOf(kind, recorded, applyMergePatch(recorded.view ?? old, recorded.patch) as object));
    });
  }
});
