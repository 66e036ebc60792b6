import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LevelEngine } from '../../src/storage/engines/level/index.js';
import { levelUnderTest, temporaryFolder } from '../support/storage-engines.js';
import { engineConformance } from './engine.js';

engineConformance(levelUnderTest);

describe('engine level', () => {
  let temporary: string;

  beforeEach(async () => {
    temporary = await temporaryFolder();
  });

  afterEach(() => rm(temporary, { recursive: true, force: true }));

  test('makes the folders on the way to its own', async () => {
    const folder = join(temporary, 'a', 'b');
    const engine = await LevelEngine.open(folder);
    await engine.close();
    expect(await readdir(folder)).toContain('CURRENT');
  });

  test('says locked when the folder is open already', async () => {
    const folder = temporary;
    const engine = await LevelEngine.open(folder);
    await expect(LevelEngine.open(folder)).rejects.toMatchObject({ name: 'StorageError', code: 'locked' });
    await engine.close();
    await (await LevelEngine.open(folder)).close();
  });

  test('says io when the folder cannot be made', async () => {
    const file = join(temporary, 'file');
    await writeFile(file, '');
    await expect(LevelEngine.open(join(file, 'db'))).rejects.toMatchObject({ code: 'io' });
  });

  test('says corrupt when the database is damaged', async () => {
    const folder = temporary;
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'CURRENT'), 'MANIFEST-000001\n');
    await writeFile(join(folder, 'MANIFEST-000001'), 'this is no manifest, and it is long enough to hold a header');
    await expect(LevelEngine.open(folder)).rejects.toMatchObject({ code: 'corrupt' });
  });
});
