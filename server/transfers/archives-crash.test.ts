/** Power cuts and kills while a snapshot is written into the archive: the file first, the row second. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryBlockStore } from '../blocks/memory/memory-block-store.ts';
import { storeBlock, storeMap } from '../blocks/test-blocks.ts';
import { CrashingFiles } from '../files/crashing/crashing-files.ts';
import { type CrashStory, tryCrashPoints } from '../files/crashing/test-crash-points.ts';
import { Archives } from './archives.ts';
import { verifyStoredImage, writeStoredImage } from './stored-image.ts';

const ids = ['snap-1', 'snap-2'];

async function smallMap() {
  const reader = new MemoryBlockStore();
  const changes = new Map<number, string>();
  for (const index of [0, 5])
    changes.set(index, await storeBlock(reader, Buffer.alloc(2 ** 19, 1 + index)));
  const { root } = await storeMap(reader, { sizeBytes: 2 ** 30, changes });
  return { reader, root };
}

/** As archive-snapshot does. */
async function archive(archives: Archives, id: string, disk: Awaited<ReturnType<typeof smallMap>>) {
  await archives.write(id, async (file) => {
    let at = 0;
    const append = async (bytes: Buffer) => {
      await file.write(bytes, at);
      at += bytes.length;
    };
    await writeStoredImage(append, { kind: 'imago-snapshot' }, [disk]);
  });
  await archives.withPart(id, (file) => verifyStoredImage(file, [disk.root]));
  await archives.publish(id);
}

const story: CrashStory = {
  name: 'archives',
  async begin(files) {
    const disk = await smallMap();
    const archives = new Archives(files, { own: '/home/archive', level: 1 });
    await files.mkdir('/home');
    await files.syncFolder('/');
    /** What rows say. */
    const named = new Set<string>();
    return {
      async act() {
        for (const id of ids) {
          await archive(archives, id, disk);
          named.add(id);
        }
        named.delete('snap-1');
        await archives.remove('snap-1');
      },
      async restart(left) {
        const again = new Archives(left, { own: '/home/archive' });
        const lost: string[] = [];
        for (const id of named) {
          await again
            .with(id, (file) => verifyStoredImage(file, [disk.root]))
            .catch((error: Error) => lost.push(`${id}: ${error.message}`));
        }
        for (const id of await again.list()) if (!named.has(id)) await again.remove(id);
        const leaked = (await again.list()).filter((id) => !named.has(id));
        return { lost, doubled: [], leaked };
      },
    };
  },
};

test('what a row may name is whole, wherever the power is cut', async () => {
  const { points, failures } = await tryCrashPoints(story, { seed: 11 });
  assert.ok(points >= 6, `${points}`);
  assert.deepEqual(failures, []);
});

test('what is written after a kill is there after a power cut, whoever made the folder', async () => {
  const disk = await smallMap();
  for (let seed = 1; seed <= 8; seed++) {
    for (let killAt = 1; killAt <= 6; killAt++) {
      const files = new CrashingFiles({ seed });
      await files.mkdir('/home');
      await files.syncFolder('/');
      files.set({ seed, killAt });
      const options = { own: '/home/archive', level: 1 };
      await archive(new Archives(files, options), 'snap-1', disk).catch(() => {});
      const next = files.survivor ?? files;
      next.set({ seed });
      await archive(new Archives(next, options), 'snap-1', disk);
      const left = new Archives(next.cut(), options);
      await left.with('snap-1', (file) => verifyStoredImage(file, [disk.root]));
    }
  }
});
