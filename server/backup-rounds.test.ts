/** What a round of policies reads: what is due, however much else there is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Catalog, CatalogReader } from './catalog/catalog.ts';
import { backupsOf, endCaptures, makePolicy, round } from './operations/test-backup-policies.ts';
import { createTestContext } from './operations/test-context.ts';
import { insertImage } from './operations/test-images.ts';
import { insertRunningInstance } from './operations/test-instances.ts';

const machines = 1000;

/** How often a table is asked for something. */
function counted(catalog: Catalog, count: () => void): Catalog {
  const tablesOf = <R extends CatalogReader>(reader: R): R =>
    new Proxy(reader, {
      get(target, table) {
        const asked = Reflect.get(target, table) as object;
        return new Proxy(asked, {
          get(of, method) {
            count();
            const own = Reflect.get(of, method) as unknown;
            return typeof own === 'function' ? own.bind(of) : own;
          },
        });
      },
    });
  return Object.assign(Object.create(catalog) as Catalog, {
    read: <T>(work: (reader: CatalogReader) => Promise<T>) =>
      catalog.read((reader) => work(tablesOf(reader))),
  });
}

test('with 1,000 machines under policy a round that has nothing to do reads six ranges of indexes', async () => {
  await using context = await createTestContext();
  const first = await insertRunningInstance(context, await insertImage(context), {
    TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'backup', Value: 'yes' }] }],
  });
  const policyId = await makePolicy(context);
  await context.catalog.write(async ({ instances, backupSources }) => {
    const { version: _, ...row } = first;
    for (let index = 1; index < machines; index++) {
      const id = context.ids.resource('i');
      const state = 'stopped' as const;
      await instances.insert({ ...row, id, state, privateIp: '', networkInterfaceId: `eni-${id}` });
      const { account, region, createdAt } = row;
      const nextLookAt = '2026-11-24T09:00:00.000Z';
      const about = { account, region, createdAt, policyId, sourceId: id, nextLookAt };
      await backupSources.insert({ id: `${policyId}/${id}`, ...about, orderedFor: {} });
    }
  });
  let reads = 0;
  const catalog = counted(context.catalog, () => reads++);
  await round({ ...context, catalog });
  // What is due, and what a clock that was ahead planned: of policies, sources, and what forgets.
  assert.equal(reads, 6);
  context.now = new Date('2026-11-24T03:00:00.000Z');
  await context.catalog.write(async ({ backupSources }) => {
    for (const row of await backupSources.list()) {
      await backupSources.update({ ...row, orderedFor: { Daily: '2026-11-24T03:00:00.000Z' } });
    }
  });
  await round(context);
  await endCaptures(context);
  // The one that was not done for that time already.
  assert.deepEqual(
    (await backupsOf(context, policyId)).images.map(({ backup }) => backup?.sourceId),
    [first.id],
  );
});

test('a policy that fails takes no turn of the others, and it is told', async () => {
  await using context = await createTestContext();
  await insertRunningInstance(context, await insertImage(context), {
    TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'backup', Value: 'yes' }] }],
  });
  const policies = [await makePolicy(context), await makePolicy(context)];
  for (const broken of policies) {
    context.now = new Date(context.now.getTime() + 24 * 3_600_000);
    const before = await Promise.all(policies.map((id) => backupsOf(context, id)));
    await assert.rejects(round({ ...context, catalog: withBroken(context.catalog, broken) }), {
      message: `${broken} cannot be read`,
    });
    for (const [index, id] of policies.entries()) {
      const made =
        (await backupsOf(context, id)).images.length - (before[index]?.images.length ?? 0);
      assert.equal(made, id === broken ? 0 : 1, id);
    }
    await round(context);
    await endCaptures(context);
  }
});

/** The row of one policy cannot be read. */
function withBroken(catalog: Catalog, id: string): Catalog {
  const broken = (reader: CatalogReader): CatalogReader =>
    Object.assign(Object.create(reader) as CatalogReader, {
      backupPolicies: Object.assign(Object.create(reader.backupPolicies), {
        get(asked: string) {
          if (asked === id) throw new Error(`${id} cannot be read`);
          return reader.backupPolicies.get(asked);
        },
      }),
    });
  return Object.assign(Object.create(catalog) as Catalog, {
    read: <T>(work: (reader: CatalogReader) => Promise<T>) =>
      catalog.read((reader) => work(broken(reader))),
  });
}
