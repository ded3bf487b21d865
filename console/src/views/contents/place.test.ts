import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placeOf } from './place.ts';

test('a path is asked for as text, or by its bytes where no text can say it', () => {
  assert.deepEqual(placeOf({ Path: '/srv/ü b' }), { Path: '/srv/ü b' });
  assert.deepEqual(placeOf({ Path: '/srv/?', PathBytes: 'L3Ny/w==' }), { PathBytes: 'L3Ny/w==' });
  const [esc, PathBytes] = ['/ü\x1b', Buffer.from('/ü\x1b').toString('base64')];
  assert.deepEqual(placeOf({ Path: esc }), { PathBytes });
});
