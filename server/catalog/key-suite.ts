/** Keys with many values, as every catalog keeps them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Catalog, KeyEntry, KeyRange, Query } from './catalog.ts';
import { literalPattern } from './pattern.ts';
import type { ImageRow } from './rows/image.ts';
import { parseTagKey, tagPrefix, viewerKey } from './rows/row.ts';
import { describeCatalog } from './test-catalog.ts';
import { image } from './test-rows.ts';

const owner = { account: '111111111111', region: 'us-east-1' };
const me = viewerKey('us-east-1', owner.account);
const all = viewerKey('us-east-1', 'all');
const mapping = (snapshotId?: string) => ({
  deviceName: '/dev/xvda',
  ebs: { snapshotId, volumeSizeGiB: 8, deleteOnTermination: true, volumeType: 'gp3' },
});

export function keySuite(name: string, open: () => Promise<Catalog>): void {
  describeCatalog(`keys in the catalog: ${name}`, open, (catalog) => {
    const insert = (...rows: ImageRow[]) =>
      catalog.write(async ({ images }) => {
        for (const row of rows) await images.insert(row);
      });
    const update = (id: string, change: Partial<ImageRow>) =>
      catalog.write(async ({ images }) => {
        await images.update({ ...((await images.get(id)) as ImageRow), ...change });
      });
    const list = (query: Query<'images'>) =>
      catalog.read(async ({ images }) => {
        const ids = (await images.list(query)).map((row) => row.id);
        const count = await images.count({ where: query.where });
        if (query.limit === undefined && query.after === undefined) assert.equal(count, ids.length);
        return ids;
      });

    test('a row is found by each of its values, as they are now', async () => {
      const both = [mapping('snap-1'), mapping('snap-2'), mapping('snap-1'), mapping()];
      await insert(image('ami-1', { blockDeviceMappings: both }), image('ami-2'));
      const by = (snapshot: string | string[]) => list({ where: { snapshot } });
      assert.deepEqual(await by('snap-1'), ['ami-1']);
      assert.deepEqual(await by('snap-2'), ['ami-1']);
      await update('ami-1', { blockDeviceMappings: [mapping('snap-2'), mapping('snap-3')] });
      assert.deepEqual(await by('snap-1'), []);
      assert.deepEqual(await by(['snap-1', 'snap-2', 'snap-3']), ['ami-1']);
      assert.deepEqual(await by([]), []);
      await catalog.write(({ images }) => images.delete('ami-1'));
      assert.deepEqual(await by(['snap-1', 'snap-2', 'snap-3']), []);
      await insert(image('ami-1'));
      assert.deepEqual(await by('snap-2'), [], 'the keys went with the row');
    });

    test('a write that fails leaves the keys alone, and one that is stale', async () => {
      await insert(image('ami-1', { blockDeviceMappings: [mapping('snap-1')] }));
      const change = { blockDeviceMappings: [mapping('snap-2')] };
      const failing = catalog.write(async ({ images }) => {
        await images.update({ ...((await images.get('ami-1')) as ImageRow), ...change });
        throw new Error('no');
      });
      await assert.rejects(failing, /^Error: no$/);
      const stale = image('ami-1', { version: 7, ...change });
      await assert.rejects(catalog.write(({ images }) => images.update(stale)));
      assert.deepEqual(await list({ where: { snapshot: 'snap-1' } }), ['ami-1']);
      assert.deepEqual(await list({ where: { snapshot: 'snap-2' } }), []);
    });

    test('several values: each row once, in order of id, in pages, beside columns and other keys', async () => {
      const rows = Array.from({ length: 40 }, (_, number) => {
        const id = `ami-${String(number).padStart(2, '0')}`;
        const account = number % 3 === 0 ? owner.account : '222222222222';
        const launchPermissions = number % 2 === 0 ? ['all'] : number === 1 ? [owner.account] : [];
        return image(id, {
          account,
          launchPermissions,
          state: number < 30 ? 'available' : 'pending',
          region: number === 6 ? 'eu-west-1' : 'us-east-1',
          blockDeviceMappings: [mapping(`snap-${number % 4}`)],
        });
      });
      await insert(...rows.toReversed());
      const seen = rows
        .filter(({ region }) => region === 'us-east-1')
        .filter(
          ({ account, launchPermissions }) =>
            account === owner.account || launchPermissions.length > 0,
        );
      const ids = (of: ImageRow[]) => of.map(({ id }) => id);
      const where = { viewer: [me, all] };
      assert.deepEqual(await list({ where }), ids(seen));
      assert.deepEqual(await list({ where: { viewer: [all, me, all] } }), ids(seen));
      const paged: string[] = [];
      for (let page: string[] = [], after = ''; ; after = page.at(-1) as string) {
        page = await list({ where, after, limit: 7 });
        paged.push(...page);
        if (page.length < 7) break;
      }
      assert.deepEqual(paged, ids(seen));
      const pending = seen.filter(({ state }) => state === 'pending');
      assert.deepEqual(await list({ where: { ...where, state: 'pending' } }), ids(pending));
      const cut = seen.filter(
        ({ blockDeviceMappings: [first] }) => first?.ebs.snapshotId === 'snap-0',
      );
      assert.deepEqual(await list({ where: { ...where, snapshot: 'snap-0' } }), ids(cut));
      const many = ['snap-0', 'snap-9', 'snap-8', 'snap-7', 'snap-6', 'snap-5'];
      assert.deepEqual(await list({ where: { ...where, snapshot: many } }), ids(cut));
      assert.deepEqual(await list({ where: { ...where, name: 'ami-04' } }), ['ami-04']);
      assert.deepEqual(await list({ where: { ...where, id: ['ami-05', 'ami-04'] } }), ['ami-04']);
      const like = { ...where, name: { like: ['ami-*4'] } };
      assert.deepEqual(
        await list({ where: like }),
        ids(seen).filter((id) => id.endsWith('4')),
      );
    });

    test('tags are found by key and value, by key alone, by pattern, whatever is in them', async () => {
      const odd = { 'a=b': '=', 'a\\': '1', 'a%_*?[x]': 'é\u{1f511}\n*', a: 'b=\\' };
      const long = { ['k'.repeat(128)]: '\u20ac'.repeat(256) };
      await insert(
        image('ami-1', { tags: { Name: 'web', ...odd } }),
        image('ami-2', { tags: { Name: 'web-2', ...long } }),
        image('ami-3', { account: '222222222222', tags: { Name: 'web' } }),
      );
      for (const tags of [odd, long]) {
        for (const [key, value] of Object.entries(tags)) {
          const tag = tagPrefix(owner, key) + value;
          assert.equal((await list({ where: { tag } })).length, 1, key);
          assert.deepEqual(parseTagKey(tag), { key, value });
        }
      }
      const like = (...patterns: string[]) => list({ where: { tag: { like: patterns } } });
      const named = tagPrefix(owner, 'Name');
      assert.deepEqual(await like(`${named}*`), ['ami-1', 'ami-2']);
      assert.deepEqual(await like(`${named}web-?`, `${named}x`), ['ami-2']);
      assert.deepEqual(await like(`${named}*b-*`), ['ami-2']);
      assert.deepEqual(await like(`${named}*Name*`), []);
      assert.deepEqual(await like(`${named}?eb*`, `${named}w*-2`), ['ami-1', 'ami-2']);
      assert.deepEqual(await like('*/Name=web'), ['ami-1', 'ami-3']);
      const oddly = literalPattern(tagPrefix(owner, 'a%_*?[x]'));
      assert.deepEqual(await like(`${oddly}é*`, `${oddly}x*`), ['ami-1']);
      assert.deepEqual(await like(`${oddly}é\u{1f511}*\\*`), ['ami-1']);
      assert.deepEqual(await like(`${oddly}é\u{1f511}\\n*`, `${oddly}*\u{1f512}*`), []);
      assert.deepEqual(await like(`${tagPrefix(owner, 'k'.repeat(128))}\u20ac*\u20ac`), ['ami-2']);
      assert.deepEqual(await like(`${tagPrefix(owner, 'Nam')}*`), []);
      assert.deepEqual(await list({ where: { tag: `${named}web`, name: 'ami-2' } }), []);
    });

    test('keys are listed by value and id, bytewise, in pages, below a prefix', async () => {
      const names = ['b', 'B', '\u{1f511}', '\uffee', 'é', 'a'];
      await insert(
        ...names.map((value, number) =>
          image(`ami-${number}`, { tags: { k: value, 'k=': value } }),
        ),
        image('ami-x', { account: '222222222222', tags: { k: 'a' } }),
        image('ami-a', { tags: { k: 'a' } }),
      );
      const prefix = tagPrefix(owner, 'k');
      const seen: KeyEntry[] = [];
      for (;;) {
        const range = { prefix, after: seen.at(-1), limit: 3 };
        const page = await catalog.read(({ images }) => images.listKeys('tag', range));
        seen.push(...page);
        if (page.length < 3) break;
      }
      assert.deepEqual(
        seen.map(({ value, id }) => [parseTagKey(value).value, id]),
        [
          ['B', 'ami-1'],
          ['a', 'ami-5'],
          ['a', 'ami-a'],
          ['b', 'ami-0'],
          ['é', 'ami-4'],
          ['\uffee', 'ami-3'],
          ['\u{1f511}', 'ami-2'],
        ],
      );
    });

    test('with an empty prefix all values are listed', async () => {
      await insert(image('ami-0', { tags: { k: 'b' } }), image('ami-1', { tags: { a: 'a' } }));
      const list = (range: Partial<KeyRange>) =>
        catalog.read(({ images }) => images.listKeys('tag', { prefix: '', limit: 9, ...range }));
      const all = await list({});
      assert.deepEqual(
        all.map(({ id }) => id),
        ['ami-1', 'ami-0'],
      );
      assert.deepEqual(await list({ after: all[0] }), all.slice(1));
    });
  });
}
