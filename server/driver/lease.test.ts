import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Catalog } from '../catalog/catalog.ts';
import { createMemoryCatalog } from '../catalog/memory/memory-catalog.ts';
import { claimOldRows } from '../domain/hosts.ts';
import { silentLog } from '../foundations/log.ts';
import { type ProcessRecord, recordOf } from '../foundations/process-record.ts';
import { HostLease, LeaseLostError } from './lease.ts';

const hostId = 'h-0123456789abcdef0';
const self = recordOf(process.pid) as ProcessRecord;
const elsewhere = { ...self, bootId: 'of another machine' };

function world() {
  let nowMs = Date.parse('2026-11-25T10:00:00.000Z');
  const clock = { now: () => new Date(nowMs), monotonicMs: () => nowMs };
  const catalog = createMemoryCatalog();
  return {
    catalog,
    pass: (ms: number) => {
      nowMs += ms;
    },
    take: (owner: ProcessRecord) =>
      HostLease.take({ catalog, hostId, clock, log: silentLog, owner }),
  };
}

const write = (catalog: Catalog) =>
  catalog
    .write(({ tasks }) => tasks.count())
    .then(
      () => 'written',
      (error) => error,
    );

test('a holder that is known to be dead is not waited for, and changes nothing any more', async () => {
  const { take } = world();
  const first = await take({ ...self, startTicks: 'of a process that ended' });
  assert.equal(await write(first.catalog), 'written');
  const second = await take(self);
  assert.equal(await write(second.catalog), 'written');
  assert.ok((await write(first.catalog)) instanceof LeaseLostError);
  await first.lost;
  assert.equal(await write(second.catalog), 'written');
  await second.release();
});

test('one of which nobody knows is waited for until its time is over', async () => {
  const { take, pass } = world();
  const first = await take(elsewhere);
  let taken = false;
  const second = take(self).then((lease) => {
    taken = true;
    return lease;
  });
  await new Promise((resolve) => setTimeout(resolve, 600));
  assert.equal(taken, false);
  pass(11_000);
  assert.equal(await write((await second).catalog), 'written');
  assert.ok((await write(first.catalog)) instanceof LeaseLostError);
  await (await second).release();
});

test('what is released is free at once', async () => {
  const { take } = world();
  const first = await take(elsewhere);
  await first.release();
  await (await take(self)).release();
});

test('what a lease says of old rows stays when it changes hands', async () => {
  const { catalog, take } = world();
  const first = await take(self);
  await claimOldRows(catalog, hostId);
  await first.release();
  const second = await take(self);
  const row = await catalog.read(({ leases }) => leases.get(hostId));
  assert.equal(row?.oldRowsClaimed, true);
  assert.equal(row?.epoch, 2);
  await second.release();
});
