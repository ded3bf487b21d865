import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryCatalog } from '../catalog/memory/memory-catalog.ts';
import { endedTasksShownMs, forgetEndedTasks } from './ended-tasks.ts';

const now = new Date('2026-11-26T10:00:00.000Z');
const before = (ms: number) => new Date(now.getTime() - ms).toISOString();
const owned = { account: '111111111111', region: 'us-east-1', progressPercent: 0, tags: {} };

test('what has ended goes after its month, however much it is; what is new or goes on stays', async () => {
  const catalog = createMemoryCatalog();
  const old = before(endedTasksShownMs + 1);
  const recent = before(endedTasksShownMs);
  const disk = { format: 'RAW' };
  const place = { format: 'RAW', folder: 'f', prefix: '' } as const;
  const stored = { imageId: 'ami-1', folder: 'f', key: 'k', progressPercent: 0 };
  await catalog.write(async (transaction) => {
    for (let i = 0; i < 250; i++) {
      const row = { ...owned, id: `many-${i}`, createdAt: old, state: 'deleted', disk } as const;
      await transaction.importSnapshotTasks.insert(row);
    }
    for (const [id, createdAt, state] of [
      ['old', old, 'completed'],
      ['recent', recent, 'completed'],
      ['goes-on', old, 'active'],
    ] as const) {
      const row = { ...owned, id, createdAt, state };
      await transaction.importSnapshotTasks.insert({ ...row, disk });
      await transaction.importImageTasks.insert({ ...row, disks: [disk], architecture: 'x86_64' });
      await transaction.exportImageTasks.insert({ ...row, ...place, imageId: 'ami-1' });
      const instance = { instanceId: 'i-1', key: 'k', targetEnvironment: 'vmware' } as const;
      await transaction.exportInstanceTasks.insert({ ...row, ...place, ...instance });
      const states = { completed: 'Completed', active: 'InProgress' } as const;
      await transaction.storeImageTasks.insert({ ...row, ...stored, state: states[state] });
    }
  });
  await forgetEndedTasks(catalog, now);
  await catalog.read(async (reader) => {
    for (const table of [
      reader.importSnapshotTasks,
      reader.importImageTasks,
      reader.exportImageTasks,
      reader.exportInstanceTasks,
      reader.storeImageTasks,
    ]) {
      const rows = await table.list();
      assert.deepEqual(rows.map(({ id }) => id).sort(), ['goes-on', 'recent']);
    }
  });
});
