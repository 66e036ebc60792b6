import type { PersistentVolume, PersistentVolumeClaim } from '../../api/types/core-v1.js';
import { classesOfClaim, classesOfVolume } from './index.js';

const claim = (spec: PersistentVolumeClaim['spec'], status?: PersistentVolumeClaim['status']): PersistentVolumeClaim => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'c', namespace: 'ns' },
  spec,
  ...(status ? { status } : {}),
});

test.each<[string, PersistentVolumeClaim, string[]]>([
  ['no class', claim({}), []],
  ['the class that is asked for', claim({ volumeAttributesClassName: 'gold' }), ['gold']],
  ['an empty name is none', claim({ volumeAttributesClassName: '' }), []],
  ['the present class once', claim({ volumeAttributesClassName: 'gold' }, { currentVolumeAttributesClassName: 'gold' }), ['gold']],
  [
    'all three of a claim that is being moved',
    claim({ volumeAttributesClassName: 'gold' }, { currentVolumeAttributesClassName: 'silver', modifyVolumeStatus: { status: 'InProgress', targetVolumeAttributesClassName: 'bronze' } }),
    ['gold', 'silver', 'bronze'],
  ],
])('what a claim uses: %s', (_, subject, expected) => {
  expect(classesOfClaim(subject)).toEqual(expected);
});

test('a volume uses the class that it names', () => {
  const volume = { apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: 'v' }, spec: { volumeAttributesClassName: 'gold' } } as PersistentVolume;
  expect(classesOfVolume(volume)).toEqual(['gold']);
});
