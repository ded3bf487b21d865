import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Catalog } from './catalog.ts';
import { type Changes, noticeChanges } from './changes.ts';
import { createMemoryCatalog } from './memory/memory-catalog.ts';

test('what is committed is told, by table and id; what is read or fails is not', async () => {
  const told: Changes[] = [];
  const catalog = noticeChanges(createMemoryCatalog(), (changes) => told.push(changes));
  const row = { id: 'account-1', createdAt: '', alias: 'a' };
  await catalog.write(({ accounts }) => accounts.insert(row as never));
  await catalog.read(({ accounts }) => accounts.get(row.id));
  await catalog.write(({ accounts }) => accounts.get(row.id));
  await assert.rejects(
    catalog.write(async ({ accounts }) => {
      await accounts.delete(row.id);
      throw new Error('and never mind');
    }),
  );
  await catalog.write(({ accounts }) => accounts.delete(row.id));
  assert.deepEqual(told, [
    new Map([['accounts', new Set([row.id])]]),
    new Map([['accounts', new Set([row.id])]]),
  ]);
});

test('what was committed by a write that was not answered is told', async () => {
  const told: Changes[] = [];
  const memory = createMemoryCatalog();
  const deaf: Catalog = {
    read: (work) => memory.read(work),
    close: () => memory.close(),
    async write(work) {
      await memory.write(work);
      throw new Error('the connection is lost');
    },
  };
  const catalog = noticeChanges(deaf, (changes) => told.push(changes));
  const row = { id: 'account-1', createdAt: '', alias: 'a' };
  await assert.rejects(catalog.write(({ accounts }) => accounts.insert(row as never)));
  assert.deepEqual(told, [new Map([['accounts', new Set([row.id])]])]);
});
