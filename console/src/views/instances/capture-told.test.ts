import assert from 'node:assert/strict';
import { test } from 'node:test';
import { captureTold } from './capture-told.ts';

const pivot = { pauseMs: 12.4, consistent: false };

test('a capture tells the pause once the disks are cut, and the bytes once they are stored', () => {
  assert.deepEqual(captureTold(undefined), captureTold({ Outputs: {} }));
  assert.equal(captureTold({ Outputs: {} }).pauseMs, undefined);
  const cut = captureTold({ Outputs: { halt: {}, pivot } });
  assert.deepEqual([cut.pauseMs, cut.isApplication, cut.storedBytes], [12.4, false, undefined]);
  const upload = [
    { storedBytes: 1, sharedBytes: 10 },
    { storedBytes: 2, sharedBytes: 20 },
  ];
  const told = captureTold({ Outputs: { halt: {}, pivot, upload } });
  assert.deepEqual([told.storedBytes, told.sharedBytes], [3, 30]);
});

test('of a guest that is rebooted no pause is told', () => {
  const halt = { restart: true, clean: true };
  const told = captureTold({ Outputs: { halt, pivot } });
  assert.deepEqual([told.pauseMs, told.isApplication], [undefined, true]);
});
