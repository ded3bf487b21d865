import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requestOf } from './kinds.ts';

const account = '111122223333';
const filtersFor = (text: string) => requestOf('mine', text, account).Filters;

test('what one types is a name in part, an id, an owner or a tag', () => {
  assert.deepEqual(filtersFor(''), []);
  assert.deepEqual(filtersFor('web'), [{ Name: 'name', Values: ['*web*'] }]);
  const id = 'ami-0123456789abcdef0';
  assert.deepEqual(filtersFor(id), [{ Name: 'image-id', Values: [id] }]);
  assert.deepEqual(filtersFor(account), [{ Name: 'owner-id', Values: [account] }]);
  assert.deepEqual(filtersFor('amazon'), [{ Name: 'owner-alias', Values: ['amazon'] }]);
  assert.deepEqual(filtersFor('Team=a=b'), [{ Name: 'tag:Team', Values: ['*a=b*'] }]);
  assert.deepEqual(filtersFor('Team='), [{ Name: 'tag:Team', Values: ['*'] }]);
});

test('a search stays within its kind', () => {
  assert.deepEqual(requestOf('community', 'web', account), {
    ExecutableUsers: ['all'],
    Filters: [
      { Name: 'is-public', Values: ['true'] },
      { Name: 'name', Values: ['*web*'] },
    ],
  });
  assert.deepEqual(requestOf('shared', '', account), { ExecutableUsers: ['self'], Filters: [] });
});
