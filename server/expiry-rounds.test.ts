import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createMemoryCatalog } from './catalog/memory/memory-catalog.ts';
import { idempotently } from './domain/client-tokens.ts';
import { systemClock } from './domain/identity.ts';
import { beginExpiryRounds } from './expiry-rounds.ts';
import { silentLog } from './foundations/log.ts';

const noArchives = { list: async () => [], remove: async () => {} };

test('a token that grows old while Imago runs is forgotten', async () => {
  const catalog = createMemoryCatalog();
  let now = new Date('2026-11-23T10:00:00.000Z');
  const call = { account: '1', region: 'r', action: 'a', token: 't', parameters: {}, now };
  await catalog.write((transaction) => idempotently(transaction, call, async () => ['i-1']));
  const left = () => catalog.read(({ clientTokens }) => clientTokens.count());
  using _rounds = beginExpiryRounds(
    { catalog, clock: { ...systemClock, now: () => now }, log: silentLog, archives: noArchives },
    1,
  );
  await delay(20);
  assert.equal(await left(), 1);
  now = new Date('2026-12-23T10:00:00.000Z');
  for (let attempt = 0; attempt < 1000 && (await left()) > 0; attempt++) await delay(5);
  assert.equal(await left(), 0);
});
