/**
 * Stories of a machine's sets: snapshots of some fail, hang or are deleted, there are others beside
 * them, drills, a root volume that is replaced, and looks of a policy that end anywhere. What goes is
 * held against the plain account in test-why-kept.ts; and whenever a policy thins out, the machine
 * can be restored of a whole set, if there is one.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Catalog } from '../../catalog/catalog.ts';
import { backupSourceId } from '../../catalog/rows/backup-policy.ts';
import { makePolicy, policyDetails } from '../../operations/test-backup-policies.ts';
import { createTestContext, type TestContext } from '../../operations/test-context.ts';
import { insertSnapshot } from '../../operations/test-images.ts';
import { backupAt } from './backups.ts';
import { forgetBackups } from './forget.ts';
import { isLastGood } from './last-good.ts';
import { lookAtSource } from './look-at-source.ts';
import { imageOfSet, isSet } from './snapshot-sets.ts';
import { type Row, type Seen, seenOf, whyKept } from './test-why-kept.ts';

const instanceId = 'i-0123456789abcdef0';
const minuteMs = 60_000;

const state = fc.constantFrom(
  ...(['completed', 'completed', 'completed', 'completed', 'error', 'pending'] as const),
);
export const event = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ take: fc.constant('set' as const), root: state, data: state }),
  },
  { weight: 2, arbitrary: fc.record({ take: fc.constant('one' as const), data: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ deletes: fc.nat(30) }) },
  {
    weight: 1,
    arbitrary: fc.record({ drill: fc.constantFrom('passed' as const, 'failed' as const) }),
  },
  { weight: 1, arbitrary: fc.record({ replaces: fc.constant('root' as const) }) },
  { weight: 4, arbitrary: fc.record({ looks: fc.constantFrom('root', 'data', 'old root') }) },
  {
    weight: 3,
    arbitrary: fc.record({
      looks: fc.constantFrom('root', 'data', 'old root'),
      killedAt: fc.nat(4),
      isDone: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ forgets: fc.constantFrom('machine', 'root', 'data') }) },
);
export type Event = typeof event extends fc.Arbitrary<infer T> ? T : never;

type Which = 'root' | 'data' | 'old root';

class Killed extends Error {}

export class Story {
  readonly context: TestContext;
  readonly #policyId: string;
  #roots = ['vol-00000000000000001'];
  readonly #data = 'vol-0000000000000000d';

  constructor(context: TestContext, policyId: string) {
    this.context = context;
    this.#policyId = policyId;
  }

  get #volumes() {
    return { root: this.#roots.at(-1) ?? '', data: this.#data, 'old root': this.#roots[0] ?? '' };
  }

  async tell(what: Event): Promise<void> {
    const { context } = this;
    context.now = new Date(context.now.getTime() + minuteMs);
    if ('take' in what) return what.take === 'set' ? this.#set(what) : this.#one(what.data);
    if ('deletes' in what) return this.#delete(what.deletes);
    if ('drill' in what) return this.#drill(what.drill);
    if ('replaces' in what) {
      this.#roots.push(`vol-0000000000000000${this.#roots.length + 1}`);
      return;
    }
    const before = await this.seen();
    const isForgotten = 'forgets' in what;
    if (isForgotten) await this.#forget(what.forgets);
    else await this.look(what.looks as Which, 'killedAt' in what ? what : undefined);
    await this.#check(before, isForgotten);
  }

  async #set({ root, data }: { root: string; data: string }): Promise<void> {
    const { root: rootId } = this.#volumes;
    const taken = [rootId, this.#data].map((volumeId, index) => ({
      volumeId,
      deviceName: index === 0 ? '/dev/xvda' : '/dev/sdf',
      deleteOnTermination: true,
    }));
    const backup = { policyId: this.#policyId, schedule: 'Daily', instanceId };
    const set = {
      machine: { instanceId, tags: {}, volumes: [] } as never,
      imageId: 'ami-0123456789abcdef0',
      system: { rootDeviceName: '/dev/xvda' } as never,
      taken,
    };
    const first = await this.#insert({ state: root, sourceId: rootId }, { backup, set });
    await this.#insert({ state: data, sourceId: this.#data }, { backup, setId: first });
  }

  async #insert(
    { state, sourceId }: { state: string; sourceId: string },
    { backup, setId, set }: { backup?: object; setId?: string; set?: object } = {},
  ): Promise<string> {
    const { context } = this;
    const id = context.ids.resource('snap');
    const isOfSet = set !== undefined || setId !== undefined;
    await insertSnapshot(context, {
      id,
      volumeId: sourceId,
      state: state as never,
      createdAt: context.now.toISOString(),
      backup: { ...backup, sourceId, ...(isOfSet && { setId: setId ?? id }) },
      ...(set && { set: set as never }),
    });
    return id;
  }

  async #one(isData: boolean): Promise<void> {
    const sourceId = isData ? this.#data : this.#volumes.root;
    await this.#insert({ state: 'completed', sourceId });
  }

  async #delete(number: number): Promise<void> {
    const rows = (await this.seen()).filter(({ row }) => row.state !== 'pending');
    const id = rows[number % Math.max(rows.length, 1)]?.row.id;
    if (id) await this.context.catalog.write(({ snapshots }) => snapshots.delete(id));
  }

  async #drill(verdict: 'passed' | 'failed'): Promise<void> {
    const last = (await this.seen()).filter(({ set }) => set?.generation.isWhole).at(-1);
    await this.context.catalog.write(async ({ snapshots }) => {
      const row = await snapshots.get(last?.set?.generation.id ?? '');
      const endedAt = this.context.now.toISOString();
      if (row) await snapshots.update({ ...row, lastDrill: { drillId: 'd', endedAt, verdict } });
    });
  }

  async look(which: Which, kill?: { killedAt: number; isDone: boolean }): Promise<void> {
    const { catalog, caller, now } = this.context;
    const { account, region } = caller;
    const sourceId = this.#volumes[which];
    const [policyId, id] = [this.#policyId, backupSourceId(this.#policyId, sourceId)];
    const nextLookAt = now.toISOString();
    const about = { account, region, createdAt: nextLookAt, orderedFor: {}, nextLookAt };
    await catalog.write(async ({ backupSources }) => {
      if (await backupSources.get(id)) return;
      await backupSources.insert({ id, policyId, sourceId, ...about });
    });
    const looked = lookAtSource(this.#watched(kill), id, this.context);
    if (!kill) return assert.deepEqual(await looked, []);
    await looked.catch((error) => assert.ok(error instanceof Killed, error));
  }

  /** Its process may be killed at a write, of which nothing or all is done then. */
  #watched(kill?: { killedAt: number; isDone: boolean }): Catalog {
    const { catalog } = this.context;
    let writes = 0;
    const write: Catalog['write'] = async (work) => {
      const isLast = writes++ === kill?.killedAt;
      if (isLast && !kill?.isDone) throw new Killed();
      const done = await catalog.write(work);
      await this.#isRestorable();
      if (isLast) throw new Killed();
      return done;
    };
    return Object.assign(Object.create(catalog), {
      read: ((work) => catalog.read(work)) satisfies Catalog['read'],
      write,
    });
  }

  /** Of a whole set, while there is one. */
  async #isRestorable(): Promise<void> {
    const { catalog, caller, now } = this.context;
    const sets = (await this.seen()).flatMap(({ set }) => set ?? []);
    if (!sets.some(({ generation }) => generation.isWhole)) return;
    await catalog.read(async (reader) => {
      const root = await backupAt(reader, caller, { sourceId: instanceId, at: now });
      assert.ok(isSet(root));
      assert.deepEqual((await imageOfSet(reader, root)).lost, []);
    });
  }

  async #forget(which: string): Promise<void> {
    const { catalog, caller, now } = this.context;
    const sourceId = which === 'machine' ? instanceId : this.#volumes[which as 'root' | 'data'];
    const told = await catalog.write((transaction) =>
      forgetBackups(transaction, caller, { sourceId, rules: { last: 2 } }, now),
    );
    assert.ok(told.every(({ fate }) => fate !== 'refused'));
  }

  async seen(): Promise<Seen[]> {
    const rows: Row[] = await this.context.catalog.read(({ snapshots }) => snapshots.list());
    return seenOf(rows.filter(({ backup }) => backup !== undefined));
  }

  async whyKept(each: Seen, all: readonly Seen[]): Promise<string | undefined> {
    const rows = await this.context.catalog.read(({ backupPolicies }) => backupPolicies.list());
    const policies = new Map(rows.map((row) => [row.id, row]));
    // No policy is one that asks whether a source is there still.
    const living = new Set<string>();
    return whyKept(each, all, { policies, living }, this.context.now.getTime());
  }

  async #check(before: readonly Seen[], isForgotten: boolean): Promise<void> {
    const after = await this.seen();
    const left = new Set(after.map(({ row }) => row.id));
    for (const each of before.filter(({ row }) => !left.has(row.id))) {
      const rest = each.set?.rows.filter(({ id }) => left.has(id)) ?? [];
      assert.deepEqual(rest, [], 'a set goes as a whole');
      const why = await this.whyKept(each, before);
      if (isForgotten) assert.doesNotMatch(why ?? '', /last good|pending/);
      else assert.equal(why, undefined, `${each.row.id} is gone: ${why}`);
    }
    for (const each of before) {
      const isHeld = await this.context.catalog.read((reader) => isLastGood(reader, each.row));
      const had = /last good/.test((await this.whyKept(each, after)) ?? '');
      // A lifecycle of a vault asks there. What is of no policy has no account here.
      if (had && left.has(each.row.id) && !each.set) assert.ok(isHeld);
      if (had && each.set?.generation.isWhole) {
        const some = await Promise.all(
          each.set.rows.map((row) =>
            this.context.catalog.read((reader) => isLastGood(reader, row)),
          ),
        );
        assert.ok(some.includes(true), 'one of its snapshots holds it');
      }
    }
  }

  /** Once all volumes were looked at, nothing is left that nothing keeps. */
  async end(): Promise<void> {
    for (const which of ['root', 'data', 'old root', 'root', 'data'] as const) {
      await this.tell({ looks: which });
    }
    const after = await this.seen();
    for (const each of after) {
      // That of a root in between is looked at in earnest, and not here.
      const { root, data, 'old root': old } = this.#volumes;
      if (![root, data, old].includes(each.row.backup?.sourceId ?? '')) continue;
      assert.notEqual(await this.whyKept(each, after), undefined, each.row.id);
    }
  }
}

export async function tell(events: readonly Event[]): Promise<void> {
  await using context = await createTestContext();
  const schedule = { RetainRule: { Count: 2 } };
  const details = policyDetails(schedule, { PolicyType: 'EBS_SNAPSHOT_MANAGEMENT' });
  const story = new Story(context, await makePolicy(context, details));
  for (const each of events) await story.tell(each);
  await story.end();
}
