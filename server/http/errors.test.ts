import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServiceError } from '../../api/service-error.ts';
import { CatalogFullError } from '../catalog/catalog.ts';
import { statusOf, toldError } from './errors.ts';

test('of a full disk a client hears what to do, of other causes only where to look', () => {
  const own = new ServiceError('InvalidParameterValue', 'no');
  assert.equal(toldError(own, 'request-1'), own);
  const full = toldError(new CatalogFullError('/home/imago.db'), 'request-1');
  assert.deepEqual([full.code, statusOf(full.code)], ['ServiceUnavailable', 503]);
  assert.match(full.message, /The disk of this host is full, .*\(terminate instances/);
  const other = toldError(new Error('secret'), 'request-1');
  assert.deepEqual([other.code, statusOf(other.code)], ['InternalError', 500]);
  assert.match(other.message, /request-1/);
});
