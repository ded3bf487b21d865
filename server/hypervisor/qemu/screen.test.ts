/** The screen of a real machine whose guest paints it, and dumps that are none. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import type { Duplex } from 'node:stream';
import { test } from 'node:test';
import { socketsFolder } from '../../foundations/home.ts';
import { eventually, guests } from '../test-machines.ts';
import { parsePpm } from './screen.ts';
import { TestQemu } from './test-qemu.ts';

const textScreen = { width: 720, height: 400 };

test('a screen shows what the guest draws, and a key wakes it up', async () => {
  await using machines = await TestQemu.create();
  const spec = await machines.specOf(guests.painting);
  await machines.start(spec);
  const look = (wakeUp: boolean) => machines.hypervisor.screen(spec.instanceId, { wakeUp });
  const isAll = async (color: number[]) => {
    const { width, height, rgb } = await look(false);
    if (width !== textScreen.width || height !== textScreen.height) return false;
    // All but a cursor.
    const pixels = width * height;
    return (
      Array.from({ length: pixels }, (_, index) => index * 3).filter((at) =>
        color.every((value, channel) => rgb[at + channel] === value),
      ).length >
      pixels * 0.99
    );
  };
  await eventually(() => isAll([255, 255, 255]));
  await look(true);
  await eventually(() => isAll([168, 0, 0]));
  const left = await readdir(socketsFolder(spec.folder, spec.layout));
  assert.deepEqual(
    left.filter((name) => name.endsWith('.ppm')),
    [],
  );
  assert.equal(await machines.hypervisor.status(spec.instanceId), 'running');
});

test('a screen can be sat at by several, and who leaves ends nobody', async () => {
  await using machines = await TestQemu.create();
  const spec = await machines.specOf(guests.painting);
  await machines.start(spec);
  const sit = () => machines.hypervisor.openScreen(spec.instanceId);
  const greeting = async (screen: Duplex) => String((await once(screen, 'data'))[0]);
  const [first, second] = [await sit(), await sit()];
  assert.match(await greeting(first), /^RFB 003\.008\n/);
  assert.match(await greeting(second), /^RFB 003\.008\n/);
  first.destroy();
  const third = await sit();
  assert.match(await greeting(third), /^RFB/);
  assert.equal(second.destroyed, false);
  const ended = once(third, 'close');
  await machines.hypervisor.destroy(spec.instanceId);
  await ended;
});

test('what is no picture, or shorter than it says, is none', () => {
  const picture = Buffer.concat([Buffer.from('P6\n2 1\n255\n'), Buffer.alloc(6, 7)]);
  assert.deepEqual(parsePpm(picture), { width: 2, height: 1, rgb: Buffer.alloc(6, 7) });
  for (const bytes of [
    picture.subarray(0, -1),
    Buffer.concat([picture, Buffer.alloc(1)]),
    Buffer.from('P5\n2 1\n255\n'),
    Buffer.from('P6\n0 0\n255\n'),
    Buffer.from('P6\n99999999 99999999\n255\n'),
    Buffer.alloc(0),
  ]) {
    assert.equal(parsePpm(bytes), undefined);
  }
});
