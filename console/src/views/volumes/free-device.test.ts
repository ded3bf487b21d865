import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freeDevice } from './free-device.ts';

test('the first place that no device has, whatever that is called', () => {
  assert.equal(freeDevice([]), '/dev/sdf');
  assert.equal(freeDevice(['/dev/xvda', '/dev/xvdf', 'sdg']), '/dev/sdh');
  assert.equal(freeDevice([...'fghijklmnop'].map((letter) => `/dev/sd${letter}`)), '');
});
