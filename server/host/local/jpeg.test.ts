import assert from 'node:assert/strict';
import { test } from 'node:test';
import jpeg from 'jpeg-js';
import { encodeJpeg } from './jpeg.ts';

test('a screen comes out as a JPEG of its size and colours', async () => {
  const [width, height] = [33, 17];
  const rgb = Buffer.alloc(width * height * 3);
  for (let at = 0; at < rgb.length; at += 3)
    rgb.set(at < rgb.length / 2 ? [250, 5, 5] : [9, 9, 240], at);
  const [first, second] = await Promise.all([
    encodeJpeg({ width, height, rgb }),
    encodeJpeg({ width: 1, height: 1, rgb: Buffer.alloc(3, 255) }),
  ]);
  const decoded = jpeg.decode(first);
  assert.deepEqual([decoded.width, decoded.height], [width, height]);
  const near = (at: number, color: number[]) =>
    color.every((value, channel) => Math.abs((decoded.data[at + channel] ?? 0) - value) < 12);
  assert.ok(near(0, [250, 5, 5]));
  assert.ok(near((width * height - 1) * 4, [9, 9, 240]));
  assert.deepEqual([...jpeg.decode(second).data], [255, 255, 255, 255]);
});

test('a screen that cannot be encoded is an error of its own', async () => {
  await assert.rejects(encodeJpeg({ width: 100_000, height: 100_000, rgb: Buffer.alloc(3) }));
  assert.ok((await encodeJpeg({ width: 1, height: 1, rgb: Buffer.alloc(3) })).length > 100);
});
