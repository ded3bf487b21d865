/** Layers on a file system that loses at a power cut what was not synced. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CrashingFiles } from '../../files/crashing/crashing-files.ts';
import { Home } from '../../foundations/home.ts';
import { LayerFiles } from './layer-files.ts';

const home = new Home('/imago');
const volumeId = 'vol-0123456789abcdef0';
const volume = { volumeId, layers: [{ number: 0, fresh: true }], sizeBytes: 1024 ** 3 };
const seeds = 40;

async function formatted(seed: number): Promise<CrashingFiles> {
  const files = new CrashingFiles({ seed });
  await files.mkdir(home.volumeFolder('any'), 0o711);
  for (const folder of ['/', '/imago', '/imago/volumes']) await files.syncFolder(folder);
  files.set({ seed });
  return files;
}

for (let seed = 0; seed < seeds; seed++) {
  test(`a layer that was synced outlives every power cut (seed ${seed})`, async () => {
    for (let cutAt = 1; ; cutAt++) {
      const files = await formatted(seed);
      files.set({ seed, cutAt });
      const layers = new LayerFiles(home, files);
      await layers.make(volume);
      const settled = await layers.sync(volumeId, [0]).then(
        () => true,
        () => false,
      );
      const after = new LayerFiles(home, files.cut());
      if (settled) {
        assert.deepEqual(await after.numbers(volumeId), [0]);
        return;
      }
      await after.make(volume);
      assert.deepEqual(await after.numbers(volumeId), [0], `cut at ${cutAt}`);
    }
  });

  test(`one that was not is made anew, but never once its guest has synced it (seed ${seed})`, async () => {
    const files = await formatted(seed);
    await new LayerFiles(home, files).make(volume);
    const unsynced = files.cut();
    await new LayerFiles(home, unsynced).make(volume);
    const file = home.layerFile(volumeId, 0);
    const mark = Buffer.from('written by the guest');
    {
      await using handle = await unsynced.open(file, 'update');
      await handle.write(mark, 4 * 65_536);
      await handle.sync();
    }
    // Its name is not on disk for sure before somebody syncs the folder; where it is, so are the
    // bytes.
    const flushed = unsynced.cut();
    if (await isThere(flushed, file)) {
      await new LayerFiles(home, flushed).make(volume);
      await using handle = await flushed.open(file, 'read');
      const bytes = Buffer.alloc(mark.length);
      await handle.read(bytes, 4 * 65_536);
      assert.deepEqual(bytes, mark);
    }
  });
}

function isThere(files: CrashingFiles, file: string): Promise<boolean> {
  return files.stat(file).then(
    () => true,
    () => false,
  );
}
