/** Guests over a network that fails: each call of it, before it is done and after. */
import assert from 'node:assert/strict';
import { access, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { blockSizeBytes } from '../blocks/block-store.ts';
import { MemoryBlockStore } from '../blocks/memory/memory-block-store.ts';
import { inlineSealing } from '../blocks/sealed-blocks.ts';
import { SharedBlockMemory } from '../blocks/shared-block-memory.ts';
import { SharedBlocks } from '../blocks/shared-blocks.ts';
import { jsonLog } from '../foundations/log.ts';
import type { GuestLink, GuestVpc, LinkAttachment, Network } from '../network/network.ts';
import type { GuestAttachment } from './data-plane.ts';
import { DisksHere } from './disks-here.ts';
import { FairTurns } from './fair-turns.ts';
import { GuestBlocks } from './guest-blocks.ts';
import { writeGuestFile } from './guest-file.ts';
import { Guests } from './guests.ts';
import { attachment, first, makeHome, second } from './process/test-home.ts';
import { SealKeys } from './seal-keys.ts';

type Fault = 'attach throws' | 'join throws' | 'close throws' | 'close performs and throws';

/** Cables that are plugged in nowhere; the next call of which fails as it is told. */
class FailingNetwork implements Network {
  fault?: Fault;
  readonly #links = new Map<string, GuestLink>();
  readonly vpcs = new Map<string, GuestVpc | undefined>();
  plugged = 0;

  /** By the folder of the machine. */
  link(folder: string): GuestLink | undefined {
    return this.#links.get(folder);
  }

  attach(folder: string, link: GuestLink): LinkAttachment {
    this.#fail('attach throws');
    assert.ok(!this.#links.has(folder), 'one cable a guest');
    this.#links.set(folder, link);
    this.plugged += 1;
    return {
      join: (vpc) => {
        this.#fail('join throws');
        this.vpcs.set(folder, vpc);
      },
      status: () => ({ nic: true, up: true, dropped: {} }),
      traffic: () => ({ receivedBytes: 0, receivedPackets: 0, sentBytes: 0, sentPackets: 0 }),
      dial: async () => assert.fail('nobody asked'),
      close: async () => {
        this.#fail('close throws');
        this.#links.delete(folder);
        this.#fail('close performs and throws');
      },
    };
  }

  #fail(at: Fault): void {
    if (this.fault !== at) return;
    this.fault = undefined;
    throw new Error(at);
  }
}

async function serve(t: TestContext) {
  const { home } = await makeHome(t);
  const network = new FailingNetwork();
  const lines: string[] = [];
  const store = new MemoryBlockStore();
  const memory = new SharedBlockMemory(blockSizeBytes);
  const make = () => {
    const blocks = new GuestBlocks({
      memory,
      turns: new FairTurns(1),
      keys: new SealKeys(),
      sealing: inlineSealing,
    });
    return new Guests(home, {
      regions: { of: async () => store },
      blocks,
      disks: new DisksHere({
        blocks: new SharedBlocks(memory.parts),
        find: blocks.find.bind(blocks),
        onFailedRead: () => {},
      }),
      network,
      secret: Buffer.alloc(32),
      log: jsonLog((line) => lines.push(line)),
    });
  };
  const guests = make();
  t.after(() => Promise.all([first, second].map((id) => guests.unload(id))));
  for (const id of [first, second]) {
    await mkdir(home.machineFolder(id));
    await writeGuestFile(home.machineFolder(id), attachment(id, []));
  }
  return { home, network, guests, make, lines };
}

test('a guest whose cable is not plugged in is left out, the other is served; the next load serves it', async (t) => {
  const { home, network, guests } = await serve(t);
  network.fault = 'attach throws';
  await guests.loadAll([first, second]);
  assert.equal(guests.status().length, 1);
  for (const id of [first, second]) await guests.load(id);
  assert.equal(guests.status().length, 2);
  for (const id of [first, second]) {
    assert.ok(network.link(home.machineFolder(id)));
    await access(path.join(home.machineFolder(id), 'nbd.sock'));
  }
});

for (const fault of [
  'attach throws',
  'join throws',
  'close throws',
  'close performs and throws',
] as const) {
  test(`${fault} while a cable changes: the next load plugs the new one in`, async (t) => {
    const { home, network, guests } = await serve(t);
    await guests.loadAll([first, second]);
    const folder = home.machineFolder(first);
    const before = attachment(first, []);
    const changed: GuestAttachment = { ...before, link: { ...before.link, dnsIp: '172.31.0.9' } };
    await writeGuestFile(folder, changed);
    network.fault = fault;
    await assert.rejects(guests.load(first), { message: fault });
    await guests.load(first);
    assert.deepEqual(network.link(folder), changed.link);
    await guests.unload(first);
    assert.equal(network.link(folder), undefined);
    assert.equal(guests.status().length, 1, 'the other is served');
  });
}

test('other rules are told to the cable as it is plugged in; where that fails the next load does', async (t) => {
  const { home, network, guests } = await serve(t);
  await guests.loadAll([first, second]);
  const folder = home.machineFolder(first);
  const before = attachment(first, []);
  assert.deepEqual(network.vpcs.get(folder), before.vpc);
  const vpc = before.vpc && { ...before.vpc, ingress: [] };
  await writeGuestFile(folder, { ...before, vpc });
  network.fault = 'join throws';
  await assert.rejects(guests.load(first), { message: 'join throws' });
  await guests.load(first);
  assert.deepEqual(network.vpcs.get(folder)?.ingress, []);
  assert.equal(network.plugged, 2);
});

test('a folder in place of the disks’ socket is its own guest’s affair, and is told', async (t) => {
  const { home, guests, make, lines } = await serve(t);
  await guests.loadAll([first, second]);
  const socket = path.join(home.machineFolder(first), 'nbd.sock');
  await rm(socket);
  await mkdir(socket);
  await writeFile(path.join(socket, 'file'), '');
  await guests.load(first);
  assert.deepEqual(lines, []);
  await guests.unload(first);
  assert.deepEqual(served(guests), [second]);
  assert.match(lines.join(), /socket.*not removed.*i-0aaaaaaaaaaaaaaaa/);
  await guests.unload(second);
  const next = make();
  t.after(() => next.unload(second));
  await next.loadAll([first, second]);
  assert.deepEqual(served(next), [second]);
  assert.match(lines.join(), /guest is not served.*i-0aaaaaaaaaaaaaaaa.*nbd\.sock/);
  await rm(socket, { recursive: true });
  await next.load(first);
  assert.deepEqual(served(next).sort(), [first, second]);
  await next.unload(first);
});

function served(guests: Guests): string[] {
  return guests.status().map(({ instanceId }) => instanceId);
}
