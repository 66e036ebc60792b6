import type { Controller } from '../client/controller.js';
import { selectControllers } from './selection.js';

const all = ['deployment-controller', 'endpoints-controller', 'storage-provisioner', 'token-cleaner-controller'].map((name): Controller => ({ name, offByDefault: name === 'token-cleaner-controller', setUp: () => {}, reconcile: () => Promise.resolve() }));

describe('which controllers a list switches on', () => {
  test.each<[string, string[]]>([
    ['*', ['deployment-controller', 'endpoints-controller', 'storage-provisioner']],
    ['*,-deployment-controller', ['endpoints-controller', 'storage-provisioner']],
    ['*,-deployment', ['endpoints-controller', 'storage-provisioner']],
    ['-endpoint,*', ['deployment-controller', 'storage-provisioner']],
    ['endpoint,storage-provisioner', ['endpoints-controller', 'storage-provisioner']],
    ['deployment,-deployment', ['deployment-controller']],
    ['*,-bootstrapsigner,-node-ipam-controller', ['deployment-controller', 'endpoints-controller', 'storage-provisioner']],
    ['*,tokencleaner', ['deployment-controller', 'endpoints-controller', 'storage-provisioner', 'token-cleaner-controller']],
    ['-*', []],
    ['-deployment', []],
  ])('%s', (list, names) => {
    expect(selectControllers(all, list.split(',')).map(({ name }) => name)).toEqual(names);
  });

  test.each([['espresso'], ['-espresso'], [''], ['node-ipam-controller'], ['constructor']])('"%s" is nobody', (list) => {
    expect(() => selectControllers(all, [list])).toThrow(`"${list.replace('-espresso', 'espresso')}" is not in the list of known controllers: there are deployment-controller, endpoints-controller, storage-provisioner, token-cleaner-controller`);
  });
});
