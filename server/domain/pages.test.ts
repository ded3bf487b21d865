import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryCatalog } from '../catalog/memory/memory-catalog.ts';
import type { KeyPairRow } from '../catalog/rows/key-pair.ts';
import { keyPair } from '../catalog/test-rows.ts';
import {
  cutPage,
  looksOfPage,
  type PageInput,
  pageOf,
  readPage,
  usualPageBounds,
} from './pages.ts';

const scope = { account: '111111111111', region: 'us-east-1', action: 'DescribeThings' };
const open = (input: PageInput, ids?: string[]) => pageOf(input, scope, usualPageBounds, ids);
const row = (number: number) => keyPair(`key-${String(number).padStart(4, '0')}`);

async function filled(count: number) {
  const catalog = createMemoryCatalog();
  await catalog.write(async ({ keyPairs }) => {
    for (let number = 0; number < count; number++) await keyPairs.insert(row(number));
  });
  const page = (input: PageInput, matches?: (row: KeyPairRow) => boolean) =>
    catalog.read(({ keyPairs }) => readPage(keyPairs, {}, open(input), matches));
  return { catalog, page };
}

test('pages give every row once, whatever is inserted and deleted meanwhile', async () => {
  const { catalog, page } = await filled(12);
  const first = await page({ MaxResults: 5 });
  await catalog.write(async ({ keyPairs }) => {
    await keyPairs.insert(keyPair('key-0000x'));
    await keyPairs.delete('key-0004');
    await keyPairs.delete('key-0005');
  });
  const second = await page({ MaxResults: 5, NextToken: first.nextToken });
  const third = await page({ MaxResults: 5, NextToken: second.nextToken });
  const ids = [first, second, third].map((each) => each.rows.map(({ id }) => Number(id.slice(4))));
  assert.deepEqual(ids, [[0, 1, 2, 3, 4], [6, 7, 8, 9, 10], [11]]);
  assert.equal(third.nextToken, undefined);
});

test('a page that ends with the last row has no token', async () => {
  const { page } = await filled(5);
  const { rows, nextToken } = await page({ MaxResults: 5 });
  assert.equal(rows.length, 5);
  assert.equal(nextToken, undefined);
});

test('without MaxResults everything comes, more than one fetch of it too', async () => {
  const { page } = await filled(2345);
  assert.equal((await page({})).rows.length, 2345);
  const odd = (each: KeyPairRow) => Number(each.id.slice(4)) % 2 === 1;
  assert.equal((await page({}, odd)).rows.length, 1172);
});

test('a page is filled with rows that match', async () => {
  const { page } = await filled(40);
  const tenth = (each: KeyPairRow) => each.id.endsWith('0');
  const { rows, nextToken } = await page({ MaxResults: 5 }, tenth);
  assert.deepEqual(
    rows.map(({ id }) => id),
    ['key-0000', 'key-0010', 'key-0020', 'key-0030'],
  );
  assert.equal(nextToken, undefined);
});

test('a page for which many rows are looked at ends with a token, be it empty', async () => {
  const { page } = await filled(looksOfPage + 1);
  const last = (each: KeyPairRow) => each.id === row(looksOfPage).id;
  const first = await page({ MaxResults: 5 }, last);
  assert.deepEqual(first.rows, []);
  const second = await page({ MaxResults: 5, NextToken: first.nextToken }, last);
  assert.deepEqual(
    second.rows.map(({ id }) => id),
    [row(looksOfPage).id],
  );
  assert.equal(second.nextToken, undefined);
  assert.equal((await page({}, last)).rows.length, 1, 'without MaxResults all are looked at');
});

test('cutPage pages what no table holds', () => {
  const rows = Array.from({ length: 7 }, (_, number) => row(number));
  const first = cutPage(rows, open({ MaxResults: 5 }));
  assert.equal(first.rows.length, 5);
  const second = cutPage(rows, open({ MaxResults: 5, NextToken: first.nextToken }));
  assert.deepEqual(
    second.rows.map(({ id }) => id),
    ['key-0005', 'key-0006'],
  );
});

test('MaxResults has bounds, and does not go together with ids', () => {
  assert.throws(() => open({ MaxResults: 4 }), { code: 'InvalidParameterValue' });
  assert.throws(() => open({ MaxResults: 1001 }), { code: 'InvalidParameterValue' });
  assert.throws(() => open({ MaxResults: 5 }, ['key-1']), { code: 'InvalidParameterCombination' });
  assert.equal(open({ MaxResults: 1000 }, []).limit, 1000);
});

test('a token is of one account, region and action', () => {
  const token = open({}).tokenAfter('key-0001');
  assert.equal(open({ NextToken: token }).after, 'key-0001');
  const others = [{ account: '222222222222' }, { region: 'eu-west-1' }, { action: 'Other' }];
  for (const other of others) {
    assert.throws(
      () => pageOf({ NextToken: token }, { ...scope, ...other }, usualPageBounds),
      { code: 'InvalidNextToken' },
      JSON.stringify(other),
    );
  }
  for (const garbage of ['', 'x', `${token}x`, token.slice(1), `${token}=`]) {
    assert.throws(() => open({ NextToken: garbage }), { code: 'InvalidNextToken' }, garbage);
  }
});
