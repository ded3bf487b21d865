import assert from 'node:assert/strict';
import { test } from 'node:test';
import { capturedOf } from './captured.ts';

const tagged = (tags: Record<string, string>) =>
  capturedOf({ Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) });

const tags = {
  'aws:imago:capture-ms': '1985',
  'aws:imago:bytes-stored': '4096',
  'aws:imago:bytes-shared': '46137344',
};

test('what a capture cost is read from the tags', () => {
  const cost = { captureMs: 1985, storedBytes: 4096, sharedBytes: 46137344 };
  assert.deepEqual(tagged(tags), cost);
  assert.deepEqual(tagged({ ...tags, 'aws:imago:guest-pause-ms': '0' }), { ...cost, pauseMs: 0 });
  const noted = { ...tags, 'aws:imago:guest-pause-ms': '18', 'aws:imago:guest-hooks-ms': '310' };
  assert.deepEqual(tagged(noted), { ...cost, pauseMs: 18, hooksMs: 310 });
});

test('of what was not captured there is nothing to tell', () => {
  assert.equal(tagged({ Name: 'web' }), undefined);
  assert.equal(capturedOf({}), undefined);
});
