import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkedOrganizationPath, groupsOf } from './accounts.ts';

test('an account’s groups are its organization and each unit that it is in', async () => {
  const groups = (organizationPath?: string) => groupsOf({ organizationPath });
  assert.deepEqual(groups(), []);
  assert.deepEqual(groups('o-abcdefghij/r-1a2b'), ['o-abcdefghij']);
  assert.deepEqual(groups('o-abcdefghij/r-1a2b/ou-1a2b-00000001/ou-1a2b-00000002'), [
    'o-abcdefghij',
    'o-abcdefghij/ou-1a2b-00000001',
    'o-abcdefghij/ou-1a2b-00000002',
  ]);
});

test('the place of an account in an organization has AWS’s form', () => {
  const good = 'o-abcdefghij/r-1a2b/ou-1a2b-00000001';
  assert.equal(checkedOrganizationPath(good), good);
  assert.equal(checkedOrganizationPath(`${good}/`), good, 'as AWS ends it');
  for (const bad of [
    'o-abcdefghij',
    'o-abcdefghi/r-1a2b',
    'o-abcdefghij/ou-1a2b-00000001',
    'o-abcdefghij/r-1a2b/ou-00000001',
    'o-ABCDEFGHIJ/r-1a2b',
    `o-abcdefghij/r-1a2b${'/ou-1a2b-00000001'.repeat(6)}`,
    `${good}//`,
    '',
  ]) {
    assert.throws(() => checkedOrganizationPath(bad), { code: 'InvalidParameterValue' }, bad);
  }
});
