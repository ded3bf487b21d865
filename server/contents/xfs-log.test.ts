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

  /** What the kernel writes of a transaction that changes one thing. */
  const transaction = ({ kind = 0x123c, sector = 0 }: { kind?: number; sector?: number }) => {
    const piece = (bytes: Buffer, flags = 0) => {
      const header = Buffer.alloc(12);
      header.writeUInt32BE(bytes.length, 4);
      header.writeUInt8(flags, 9);
      return Buffer.concat([header, bytes]);
    };
    const [begin, item] = [Buffer.alloc(16), Buffer.alloc(24)];
    begin.write('NART', 'latin1');
    item.writeUInt16LE(kind, 0);
    item.writeUInt16LE(2, 2);
    item.writeUInt32LE(sector, 8);
    const none = Buffer.alloc(0);
    const changes = [piece(none, 1), piece(begin), piece(item), piece(Buffer.alloc(384))];
    return Buffer.concat([...changes, piece(none, 2)]);
  };

  /** Behind the record of the unmount, which is no more the last; from the first of them on. */
  const withRecords = (...records: Buffer[]) =>
    changed((bytes) => {
      const whole = log(bytes);
      const [start, round] = [2, 1];
      for (const [index, record] of records.entries()) {
        const header = Buffer.from(whole.subarray(0, 512));
        const content = Buffer.concat([record], 512);
        header.writeUInt32BE(content.length, 12);
        header.writeUInt32BE(start, 28);
        header.writeUInt32BE(5, 40);
        content.copy(header, 44, 0, 4);
        content.writeUInt32BE(round, 0);
        Buffer.concat([header, content]).copy(whole, (start + index * 2) * 512);
      }
    });

  test('has nothing that is read here where it is frozen: the superblock alone is in it', async () => {
    const ofSuperblock = transaction({});
    assert.equal(await isUnclean(withRecords(ofSuperblock)), false);
    assert.equal(await isUnclean(withRecords(ofSuperblock, ofSuperblock)), false);
    for (const other of [transaction({ sector: 8 }), transaction({ kind: 0x123b })]) {
      assert.equal(await isUnclean(withRecords(other)), true);
      assert.equal(await isUnclean(withRecords(other, ofSuperblock)), true);
      assert.equal(await isUnclean(withRecords(ofSuperblock, other)), true);
    }
    const cut = changed(
      (bytes) => log(bytes).writeUInt32BE(9999, 2 * 512 + 512 + 4),
      withRecords(ofSuperblock),
    );
    assert.equal(await isUnclean(cut), true);
    const many = Array.from({ length: 20 }, () => ofSuperblock);
    assert.equal(await isUnclean(withRecords(...many)), true);
  });

  test('is not known where it is on another device', async () => {
    const elsewhere = changed((bytes) => {
      bytes.fill(0, 48, 56);
      sealed(bytes, superblockAt);
    });
    assert.equal(await isUnclean(elsewhere), true);
  });
});
