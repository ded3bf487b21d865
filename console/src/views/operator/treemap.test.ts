import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Box, treemap } from './treemap.ts';

const whole: Box = { x: 0, y: 0, width: 600, height: 400 };
const close = (one: number, other: number) => Math.abs(one - other) < 1e-6 * whole.width;

test('areas are as the sizes are, inside, and none lies over another', () => {
  const sizes = [6, 6, 4, 3, 2, 2, 1];
  const boxes = treemap(sizes, whole);
  for (const [index, { x, y, width, height }] of boxes.entries()) {
    assert.ok(close(width * height, ((sizes[index] ?? 0) / 24) * 240_000), `${index}`);
    assert.ok(x >= 0 && y >= 0 && x + width <= 600.001 && y + height <= 400.001);
  }
  for (const [index, one] of boxes.entries()) {
    for (const other of boxes.slice(index + 1)) {
      const wide = Math.min(one.x + one.width, other.x + other.width) - Math.max(one.x, other.x);
      const high = Math.min(one.y + one.height, other.y + other.height) - Math.max(one.y, other.y);
      assert.ok(Math.min(wide, high) < 0.001);
    }
  }
});

test('it is the layout of the paper', () => {
  const boxes = treemap([6, 6, 4, 3, 2, 2, 1], { x: 0, y: 0, width: 6, height: 4 });
  assert.deepEqual(boxes.slice(0, 3), [
    { x: 0, y: 0, width: 3, height: 2 },
    { x: 0, y: 2, width: 3, height: 2 },
    { x: 3, y: 0, width: 4 / (7 / 3), height: 7 / 3 },
  ]);
});

test('shapes stay near squares; what has no size has no box', () => {
  const sizes = [...Array.from({ length: 200 }, (_, index) => 1000 / (index + 1)), 0];
  const boxes = treemap(sizes, whole);
  const longest = boxes
    .slice(0, -1)
    .map(({ width, height }) => Math.max(width / height, height / width));
  assert.ok(Math.max(...longest) < 6, `${Math.max(...longest)}`);
  assert.deepEqual(boxes.at(-1), { x: 0, y: 0, width: 0, height: 0 });
  assert.deepEqual(treemap([], whole), []);
  assert.deepEqual(treemap([0], whole), [{ x: 0, y: 0, width: 0, height: 0 }]);
});
