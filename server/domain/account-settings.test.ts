import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryCatalog } from '../catalog/memory/memory-catalog.ts';
import { changeSettings, settingsOf } from './account-settings.ts';

test('settings are of one account in one region, and each is changed alone', async () => {
  const catalog = createMemoryCatalog();
  const viewer = { account: '111111111111', region: 'us-east-1' };
  const access = async (asked = viewer) =>
    (await catalog.read((reader) => settingsOf(reader, asked))).imageBlockPublicAccess;
  const change = (value?: 'block-new-sharing' | 'unblocked') =>
    catalog.write((transaction) =>
      changeSettings(transaction, viewer, { imageBlockPublicAccess: value }),
    );
  assert.equal(await access(), undefined);
  await change('block-new-sharing');
  assert.equal(await access(), 'block-new-sharing');
  await catalog.write((transaction) => changeSettings(transaction, viewer, {}));
  assert.equal(await access(), 'block-new-sharing', 'what is not named stays');
  assert.equal(await access({ ...viewer, region: 'eu-west-1' }), undefined);
  assert.equal(await access({ ...viewer, account: '222222222222' }), undefined);
  await change('unblocked');
  assert.equal(await access(), 'unblocked');
  await change(undefined);
  assert.equal(await access(), undefined);
});
