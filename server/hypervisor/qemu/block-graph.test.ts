import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  baseNode,
  diskOptions,
  diskSerial,
  layerNode,
  nodesAbove,
  nodesBelow,
  topNode,
} from './block-graph.ts';

const volumeId = 'vol-0123456789abcdef0';
const base = { exportName: 'b'.repeat(64), sizeBytes: 1 };

test('node names fit into QEMU and tell bases apart', () => {
  const names = [baseNode(volumeId, base), layerNode(volumeId, 99_999_999_999)];
  for (const name of names) assert.ok(name.length <= 31 && /^[a-z][\w.]*$/.test(name), name);
  assert.notEqual(baseNode(volumeId, { ...base, exportName: 'c'.repeat(64) }), names[0]);
  assert.equal(diskSerial(volumeId).length, 20);
});

test('every layer names what is under it, and the lowest that there is nothing', () => {
  const layers = [3, 5].map((number) => ({ number, path: `${number}.qcow2` }));
  const backings = (disk: Parameters<typeof diskOptions>[0]) =>
    diskOptions(disk)
      .filter(({ driver }) => driver === 'qcow2')
      .map((node) => node.backing);
  const disk = { volumeId, slot: 0, layers, sizeBytes: 1 };
  assert.deepEqual(backings(disk), [null, layerNode(volumeId, 3)]);
  assert.deepEqual(backings({ ...disk, base }), [baseNode(volumeId, base), layerNode(volumeId, 3)]);
});

test('the top node is that of the volume, whatever else is there', () => {
  const device = (id: string, node: string) => ({
    qdev: `/machine/peripheral/${id}/virtio-backend`,
    inserted: { 'node-name': node },
  });
  const devices = [{}, device('v0123456789abcdef01', 'other'), device('v0123456789abcdef0', 'top')];
  assert.equal(topNode(devices, volumeId), 'top');
  assert.equal(topNode([], volumeId), undefined);
});

test('above the top layer are what pivots left that did not happen', () => {
  const names = [
    baseNode(volumeId, base),
    ...[9, 10, 11].flatMap((n) => [`${layerNode(volumeId, n)}f`, layerNode(volumeId, n)]),
    layerNode('vol-0fffffffffffffff0', 12),
  ];
  const nodes = names.map((name) => ({ 'node-name': name, file: '' }));
  const above = layerNode(volumeId, 11);
  assert.deepEqual(nodesAbove(nodes, volumeId, 10), [above, `${above}f`]);
  assert.deepEqual(nodesAbove(nodes, volumeId, 11), []);
});

test('below the kept layer goes everything of the volume, users first', () => {
  const other = 'vol-0fffffffffffffff0';
  const old = { ...base, exportName: 'a'.repeat(64) };
  const names = [
    baseNode(volumeId, old),
    baseNode(volumeId, base),
    ...[9, 10, 11, 12].flatMap((n) => [`${layerNode(volumeId, n)}f`, layerNode(volumeId, n)]),
    layerNode(other, 1),
  ];
  const nodes = names.map((name) => ({ 'node-name': name, file: '' }));
  const layer = (number: number) => layerNode(volumeId, number);
  assert.deepEqual(nodesBelow(nodes, volumeId, 11, base), [
    ...[layer(10), layer(9), `${layer(10)}f`, `${layer(9)}f`],
    baseNode(volumeId, old),
  ]);
});
