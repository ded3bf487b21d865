import assert from 'node:assert/strict';
import { test } from 'node:test';
import { catalogDatabase } from './config.ts';

test('the catalog is in the home unless a database is named, by flag before the environment', () => {
  assert.equal(catalogDatabase({}), undefined);
  assert.deepEqual(catalogDatabase({ IMAGO_CATALOG: 'postgres://a@b/c' }, 'postgresql:///d'), {
    url: 'postgresql:///d',
    password: undefined,
  });
  assert.throws(() => catalogDatabase({}, 'mysql://a'), /postgres:/);
});

test('what signs in is taken out of the environment, which machines inherit', () => {
  const environment = { IMAGO_CATALOG: 'postgres://a:b@c/d', PGPASSWORD: 'e', PATH: '/bin' };
  const database = { url: 'postgres://a:b@c/d', password: 'e' };
  assert.deepEqual(catalogDatabase(environment), database);
  assert.deepEqual(environment, { PATH: '/bin' });
});

test('a password on the command line is refused, and not repeated', () => {
  for (const url of [
    'postgres://a:secret@b/c',
    'postgres://:secret@/c',
    'postgres:///c?password=secret',
    'postgres:///c?host=/run&password=secret',
  ]) {
    assert.throws(
      () => catalogDatabase({}, url),
      ({ message }) => /IMAGO_CATALOG/.test(message) && !message.includes('secret'),
      url,
    );
  }
  for (const url of ['postgres://a@b:5432/c', 'postgres:///c?host=/run/postgresql']) {
    assert.deepEqual(catalogDatabase({}, url), { url, password: undefined });
  }
});
