/** Lists of transfers: the newest first, page by page, of one remote or of several. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { createTestContext, type TestContext } from '../test-context.ts';
import { createRemote } from './CreateRemote.ts';
import { describeRemoteTransfers } from './DescribeRemoteTransfers.ts';

let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
});
afterEach(() => context[Symbol.asyncDispose]());

const remote = async (Name: string) => {
  const key = { AccessKeyId: 'AKIAEXAMPLE', SecretAccessKey: 'secret' };
  return (await createRemote.run({ Name, Region: 'us-east-1', ...key }, context)).RemoteId;
};

/** Begun in that minute. */
async function insert(remoteId: string, minute: number): Promise<string> {
  const id = context.ids.resource('transfer');
  const { account, region } = context.caller;
  const createdAt = new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
  const about = { direction: 'push', state: 'completed', sourceId: 'snap-1' } as const;
  const row = { id, account, region, createdAt, remoteId, ...about, doneBytes: 0, totalBytes: 0 };
  await context.catalog.write(({ remoteTransfers }) => remoteTransfers.insert(row));
  return id;
}

async function pages(RemoteIds?: string[]): Promise<string[][]> {
  const found: string[][] = [];
  let NextToken: string | undefined;
  do {
    const asked = { RemoteIds, MaxResults: 5, NextToken };
    const page = await describeRemoteTransfers.run(asked, context);
    found.push(page.Transfers.map(({ TransferId }) => TransferId));
    ({ NextToken } = page);
  } while (NextToken !== undefined);
  return found;
}

test('they come by their time, whatever their ids are, and none twice', async () => {
  const [one, two, three] = [await remote('one'), await remote('two'), await remote('three')];
  const made = new Map<string, string>();
  // Two of each minute, of different remotes.
  for (const minute of [3, 9, 1, 7, 5]) {
    for (const each of [one, two]) made.set(await insert(each, minute), `${9 - minute} ${each}`);
  }
  const third = await insert(three, 4);
  const minuteOf = (id: string) => made.get(id)?.split(' ')[0] ?? '5';
  const all = await pages();
  assert.deepEqual(
    all.map(({ length }) => length),
    [5, 5, 1],
  );
  assert.equal(new Set(all.flat()).size, 11);
  assert.deepEqual(all.flat().map(minuteOf), [...all.flat().map(minuteOf)].sort());
  assert.deepEqual(await pages([three]), [[third]]);
  const both = await pages([two, one]);
  assert.deepEqual(
    both.flat(),
    all.flat().filter((id) => id !== third),
  );
  assert.deepEqual(
    both.map(({ length }) => length),
    [5, 5],
  );
});
