/** In place of a backup its source may be named, with a moment: the last whole one is meant. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestContext } from '../test-context.ts';
import { insertImage, insertSnapshot } from '../test-images.ts';
import { describeBackup } from './DescribeBackup.ts';

const [machine, volume] = ['i-0123456789abcdef0', 'vol-0123456789abcdef0'];
const day = (number: number) => `2026-11-2${number}T03:00:00.000Z`;

test('of a machine, and of a volume, it is the last whole one at or before then', async () => {
  await using context = await createTestContext();
  context.now = new Date(day(9));
  const made: Record<string, string[]> = { [machine]: [], [volume]: [] };
  for (const number of [1, 2, 3]) {
    const isWhole = number < 3;
    const createdAt = day(number);
    const image = await insertImage(context, {
      ...{ createdAt, backup: { sourceId: machine }, state: isWhole ? 'available' : 'failed' },
    });
    const snapshot = await insertSnapshot(context, {
      ...{ createdAt, backup: { sourceId: volume }, state: isWhole ? 'completed' : 'error' },
    });
    made[machine]?.push(image.id);
    made[volume]?.push(snapshot.id);
  }
  const found = async (BackupId: string, at?: string) => {
    const asked = { BackupId, ...(at !== undefined && { At: new Date(at) }) };
    return (await describeBackup.run(asked, context)).Backup.BackupId;
  };
  const other = await context.asNewAccount();
  for (const [source, [first = '', second]] of Object.entries(made)) {
    assert.equal(await found(source), second, 'the last one failed');
    assert.equal(await found(source, '2026-11-22T02:59:59Z'), first);
    assert.equal(await found(source, day(2)), second);
    const none = { code: 'BackupNotFound' };
    await assert.rejects(found(source, '2026-11-20T00:00:00Z'), none);
    await assert.rejects(describeBackup.run({ BackupId: source }, other), none);
    await assert.rejects(found(first, day(3)), { code: 'InvalidParameterCombination' });
  }
});
