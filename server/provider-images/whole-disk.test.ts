import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linkBiosLoader, partitionScript } from './whole-disk.ts';

const identity = {
  diskGuid: '00000000-0000-4000-8000-000000000000',
  rootPartitionGuid: '11111111-0000-4000-8000-000000000000',
  fileSystemUuid: '22222222-0000-4000-8000-000000000000',
};

test('the root partition fills the disk up to the secondary table', () => {
  const script = partitionScript(1024 ** 3, identity);
  const root = script.match(/^1 : start=(\d+), size=(\d+)/m);
  assert.equal(Number(root?.[1]) + Number(root?.[2]), 1024 ** 3 / 512 - 2048);
});

test("GRUB's images are told where the next one lies", () => {
  const core = Buffer.alloc(512 * 300 - 100, 7);
  const { bootCode, coreImage } = linkBiosLoader(Buffer.alloc(512, 1), core);
  assert.equal(bootCode.length, 440, 'the partition table of the MBR is not touched');
  assert.equal(bootCode.readBigUInt64LE(0x5c), 2048n);
  assert.equal(coreImage.length, 512 * 300, 'whole sectors');
  assert.equal(coreImage.readBigUInt64LE(0x1f4), 2049n);
  assert.equal(coreImage.readUInt16LE(0x1fc), 299);
  assert.equal(core[0x1f4], 7, 'the input is left alone');
});

test('a core image that is larger than its partition is refused', () => {
  assert.throws(() => linkBiosLoader(Buffer.alloc(512), Buffer.alloc(512 * 6145)), /6145 sectors/);
});
