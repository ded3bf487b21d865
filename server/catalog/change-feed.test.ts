import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { CatalogUnavailableError } from './catalog.ts';
import { ChangeFeed, operatorsKey } from './change-feed.ts';
import { createMemoryCatalog } from './memory/memory-catalog.ts';
import type { InstanceRow } from './rows/instance.ts';
import { image, keyPair, task } from './test-rows.ts';

const region = 'us-east-1';
const [own, other] = ['111111111111', '222222222222'];

let feed: ChangeFeed;
let told: string[];
beforeEach(() => {
  feed = new ChangeFeed(createMemoryCatalog());
  told = [];
});

function follow(...keys: string[]): () => void {
  return feed.follow(keys, (change) => told.push(change ? `${change.table} ${change.id}` : '*'));
}

/** What was told since the last time. */
const heard = () => told.splice(0);

const write: ChangeFeed['catalog']['write'] = (work) => feed.catalog.write(work);

describe('who follows', () => {
  test('hears once of each row that was made, changed or deleted, when it is committed', async () => {
    follow(`${region}/${own}`);
    await write(async ({ keyPairs }) => {
      await keyPairs.insert(keyPair('key-1'));
      await keyPairs.insert(keyPair('key-2'));
      assert.deepEqual(heard(), []);
    });
    assert.deepEqual(heard(), ['keyPairs key-1', 'keyPairs key-2']);
    await write(async ({ keyPairs }) => {
      const row = await keyPairs.get('key-1');
      assert.ok(row);
      await keyPairs.update(await keyPairs.update({ ...row, tags: { a: 'b' } }));
    });
    assert.deepEqual(heard(), ['keyPairs key-1']);
    await write(({ keyPairs }) => keyPairs.delete('key-1'));
    assert.deepEqual(heard(), ['keyPairs key-1']);
    await write(async ({ keyPairs }) => {
      await keyPairs.insert(keyPair('key-3'));
      await keyPairs.delete('key-3');
    });
    assert.deepEqual(heard(), ['keyPairs key-3']);
  });

  test('hears nothing of what is read, fails, is not there or is Imago’s own', async () => {
    follow(`${region}/${own}`);
    await write(({ keyPairs }) => keyPairs.list());
    await write(({ keyPairs }) => keyPairs.delete('key-0'));
    const failing = write(async ({ keyPairs }) => {
      await keyPairs.insert(keyPair('key-1'));
      throw new Error('and never mind');
    });
    await assert.rejects(failing);
    const token = { account: own, region, action: 'a', token: 't', createdAt: '', requestHash: '' };
    await write(({ clientTokens }) => clientTokens.insert({ ...token, id: 't-1' } as never));
    assert.deepEqual(heard(), []);
  });

  test('hears nothing of others, be it in another region', async () => {
    follow(`${region}/${own}`);
    await write(async ({ keyPairs, instances }) => {
      await keyPairs.insert(keyPair('key-1', { account: other }));
      await keyPairs.insert(keyPair('key-2', { region: 'eu-west-1' }));
      const row = { id: 'i-1', account: other, region, state: 'running', securityGroupIds: [] };
      await instances.insert({ ...row, tags: {} } as unknown as InstanceRow);
    });
    await write(({ keyPairs }) => keyPairs.delete('key-1'));
    await write(({ instances }) => instances.delete('i-1'));
    assert.deepEqual(heard(), []);
  });

  test('hears of an image that is shared with it, to the change after which it is not', async () => {
    follow(`${region}/${other}`);
    await write(({ images }) => images.insert(image('ami-1')));
    assert.deepEqual(heard(), []);
    const share = (launchPermissions: string[]) =>
      write(async ({ images }) => {
        const row = await images.get('ami-1');
        if (row) await images.update({ ...row, launchPermissions });
      });
    await share([other]);
    await share([]);
    assert.deepEqual(heard(), ['images ami-1', 'images ami-1']);
    await share([]);
    assert.deepEqual(heard(), []);
  });

  test('as an operator hears of all accounts and tasks', async () => {
    follow(`${region}/${operatorsKey}`, `/${operatorsKey}`);
    await write(async ({ accounts, tasks, keyPairs }) => {
      await accounts.insert({ id: own, name: 'ci', createdAt: '' });
      await tasks.insert(task('task-1'));
      await tasks.insert(task('task-2', { region: 'eu-west-1' }));
      await keyPairs.insert(keyPair('key-1'));
    });
    assert.deepEqual(heard(), [`accounts ${own}`, 'tasks task-1']);
  });

  test('as an operator hears of collections of garbage, which are no rows', () => {
    const stop = follow(`${region}/${own}`);
    feed.tell({ table: 'collections', id: '1' });
    assert.deepEqual(heard(), []);
    stop();
    follow(`${region}/${operatorsKey}`, `/${operatorsKey}`);
    feed.tell({ table: 'collections', id: '2' });
    assert.deepEqual(heard(), ['collections 2']);
  });

  test('hears nothing once it has stopped', async () => {
    const stop = follow(`${region}/${own}`);
    follow(`${region}/${other}`);
    stop();
    await write(({ keyPairs }) => keyPairs.insert(keyPair('key-1')));
    assert.deepEqual(heard(), []);
  });
});

test('what was begun before somebody followed is not lost: anything may have changed', async () => {
  await write(async ({ keyPairs }) => {
    await keyPairs.insert(keyPair('key-1'));
    follow(`${region}/${other}`);
  });
  assert.deepEqual(heard(), ['*']);
});

test('nor is what may have been committed', async () => {
  const lost = { ...createMemoryCatalog() };
  lost.write = async () => {
    throw new CatalogUnavailableError('gone');
  };
  feed = new ChangeFeed(lost);
  follow(`${region}/${own}`);
  await assert.rejects(write(({ keyPairs }) => keyPairs.insert(keyPair('key-1'))));
  assert.deepEqual(heard(), ['*']);
});
