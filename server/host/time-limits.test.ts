/** Whatever a host is asked, the question ends; of what comes too late nothing stays open. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { oneBlockStore } from '../blocks/block-stores.ts';
import { MemoryBlockStore } from '../blocks/memory/memory-block-store.ts';
import { Home } from '../foundations/home.ts';
import { silentLog } from '../foundations/log.ts';
import type { Host } from './host.ts';
import { createSimulatedHost } from './simulated/simulated-host.ts';
import { withTimeLimits } from './time-limits.ts';

const limits = { callMs: 20, machineMs: 20, silenceMs: 20 };
/** At once, or waited for by whoever starts and ends Imago. */
const unlimited = ['constructor', 'start', 'describe', 'onChange', 'close'];

function silentHost(answer: Promise<unknown>): Host {
  return new Proxy({} as Host, { get: () => () => answer });
}

function callsOfHosts(): string[] {
  const home = new Home('/nowhere');
  const host = createSimulatedHost({
    home,
    blocks: oneBlockStore(new MemoryBlockStore()),
    log: silentLog,
  });
  const names = Object.getOwnPropertyNames(Object.getPrototypeOf(host));
  return names.filter((name) => !unlimited.includes(name));
}

for (const name of callsOfHosts()) {
  test(`${name} is given up when the host does not answer`, { timeout: 10_000 }, async () => {
    const answer = Promise.withResolvers<never>();
    const call = Reflect.get(withTimeLimits(silentHost(answer.promise), limits), name);
    await assert.rejects(call('i-1', {}), { name: 'HostTimeoutError' });
    // Heard by nobody.
    answer.reject(new Error('late'));
  });
}

test('a console that comes too late is closed', { timeout: 10_000 }, async () => {
  const answer = Promise.withResolvers<PassThrough>();
  const host = withTimeLimits(silentHost(answer.promise), limits);
  await assert.rejects(host.console('i-1'), { name: 'HostTimeoutError' });
  const late = new PassThrough();
  answer.resolve(late);
  await once(late, 'close');
});
