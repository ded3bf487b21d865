import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Ballast } from './ballast.ts';
import { silentLog } from './foundations/log.ts';
import { mibBytes } from './foundations/sizes.ts';

let folder: string;
before(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'imago-ballast-'));
});
after(() => rmSync(folder, { recursive: true }));

const sizeMiB = (file: string) => (statSync(file, { throwIfNoEntry: false })?.size ?? 0) / mibBytes;

async function kept(file: string): Promise<Ballast> {
  const ballast = new Ballast(file, silentLog);
  ballast.keep();
  for (let attempt = 0; attempt < 1000 && sizeMiB(file) < 64; attempt++) await delay(10);
  assert.equal(sizeMiB(file), 64);
  return ballast;
}

test('it takes room, gives it up in parts, the last only to a start, and takes again what is missing', async () => {
  const file = path.join(folder, 'ballast');
  const ballast = await kept(file);
  assert.ok(statSync(file).blocks * 512 >= 64 * mibBytes, 'it is not sparse');
  const given = [1, 2, 3, 4].map(() => [ballast.giveUp(), sizeMiB(file)]);
  assert.deepEqual(given, [
    [true, 48],
    [true, 32],
    [true, 16],
    [false, 16],
  ]);
  ballast.makeRoomForStart();
  assert.equal(sizeMiB(file), 16, 'there is room for a start: the last part stays');
  ballast.stop();
  truncateSync(file, 3);
  (await kept(file)).stop();
  const starting = new Ballast(file, silentLog);
  const givenAtStart = [1, 2, 3, 4, 5].map(() => [starting.giveUp(), sizeMiB(file)]);
  assert.deepEqual(givenAtStart, [
    [true, 48],
    [true, 32],
    [true, 16],
    [true, 0],
    [false, 0],
  ]);
});

test('without a file there is nothing to give up', () => {
  const ballast = new Ballast(path.join(folder, 'none'), silentLog);
  assert.equal(ballast.giveUp(), false);
});
