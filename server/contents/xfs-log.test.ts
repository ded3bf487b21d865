/** Whether the log of an XFS file system has anything that its blocks have not. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { BoundedReader } from './bounded-reader.ts';
import { BufferDisk } from './test-file-systems.ts';
import { makeXfs, sealed, superblockAt } from './test-xfs.ts';
import { Xfs } from './xfs.ts';

const blockBytes = 4096;
let image: Buffer;
let plain: Buffer;
before(async () => {
  image = await makeXfs([]);
  plain = await makeXfs([], { options: ['-m', 'crc=0'] });
});

const changed = (change: (bytes: Buffer) => void, from = image) => {
  const bytes = Buffer.from(from);
  change(bytes);
  return bytes;
};

describe('the log', () => {
  const isUnclean = async (bytes: Buffer) =>
    (await Xfs.open(BoundedReader.of(new BufferDisk(bytes)))).isUnclean;
  const log = (bytes: Buffer) => {
    const start = Number(bytes.readBigUInt64BE(48)) * blockBytes;
    return bytes.subarray(start, start + bytes.readUInt32BE(96) * blockBytes);
  };

  test('is empty where its last record is that of an unmount, or it has none', async () => {
    for (const each of [image, plain]) {
      assert.equal(await isUnclean(each), false);
      assert.equal(await isUnclean(changed((bytes) => log(bytes).fill(0), each)), false);
    }
  });

  test('is not where the last is another, or more than one', async () => {
    const last = 512 + 9;
    assert.equal(log(image).readUInt8(last), 0x20);
    assert.equal(await isUnclean(changed((bytes) => log(bytes).writeUInt8(0, last))), true);
    assert.equal(await isUnclean(changed((bytes) => log(bytes).writeUInt32BE(3, 40))), true);
    // Something more was written behind it.
    assert.equal(await isUnclean(changed((bytes) => log(bytes).writeUInt32BE(1, 1024))), true);
  });

  test('is told where it has come round', async () => {
    const round = (bytes: Buffer, sectors: number) => {
      const whole = log(bytes);
      const [header, operation] = [whole.subarray(0, 512), whole.subarray(512, 1024)];
      const record = Buffer.concat([header, operation]);
      record.writeUInt32BE(2, 4);
      record.writeUInt32BE(2, 512);
      for (let at = 0; at < whole.length; at += 512) {
        whole.writeUInt32BE(at / 512 < sectors ? 2 : 1, at);
      }
      record.copy(whole, (sectors - 2) * 512);
    };
    for (const sectors of [2, 3, 1000, log(image).length / 512]) {
      assert.equal(await isUnclean(changed((bytes) => round(bytes, sectors))), false, `${sectors}`);
    }
    const unclean = changed((bytes) => {
      round(bytes, 1000);
      log(bytes).writeUInt32BE(2, 1000 * 512);
    });
    assert.equal(await isUnclean(unclean), true);
  });

  test('is not known where it is on another device', async () => {
    const elsewhere = changed((bytes) => {
      bytes.fill(0, 48, 56);
      sealed(bytes, superblockAt);
    });
    assert.equal(await isUnclean(elsewhere), true);
  });
});
