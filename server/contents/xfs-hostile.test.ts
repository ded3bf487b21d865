/**
 * What is damaged in an XFS file system is refused: by checksums where it has them, and where whoever
 * damaged it made those anew, or there are none, by what cannot be.
 */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import fc from 'fast-check';
import { BoundedReader, UnreadableContents } from './bounded-reader.ts';
import { FileTree } from './file-tree.ts';
import { BufferDisk } from './test-file-systems.ts';
import { inodeAt, makeXfs, type Proto, sealed, superblockAt } from './test-xfs.ts';
import { Xfs } from './xfs.ts';

const file = '---644 0 0';
const folder = 'd--755 0 0';
const blockBytes = 4096;
const target = `/etc/${'./'.repeat(400)}hostname`;
const names = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    name: `file-${index}-of-a-long-name`,
    says: file,
    content: Buffer.from('many'),
  }));
const tree: readonly Proto[] = [
  {
    name: 'etc',
    says: folder,
    below: [
      { name: 'hostname', says: file, content: Buffer.from('web\n') },
      { name: 'empty', says: file, content: Buffer.alloc(0) },
      { name: 'link', says: 'l--777 0 0 hostname' },
      { name: 'long', says: `l--777 0 0 ${target}` },
    ],
  },
  { name: 'some', says: folder, below: names(40) },
  {
    name: 'many',
    says: folder,
    below: [...names(2500), { name: 'a', says: file, content: Buffer.from('many') }],
  },
];
const commands = [
  ...['path /etc/hostname', ...names(100).map(({ name }) => `attr_set -v 9 ${name}`)],
  ...['path /etc/empty', 'attr_set -v 10000 large'],
];

/** All that can be asked of it but for the contents of large files. */
async function readAll(bytes: Buffer, reads = 20_000): Promise<BufferDisk> {
  const disk = new BufferDisk(bytes);
  const xfs = await Xfs.open(BoundedReader.of(disk, { reads, bytes: 256 * 1024 ** 2 }));
  const files = new FileTree(xfs);
  await files.find(`/many/${names(2000).at(-1)?.name}`);
  for await (const { inode } of files.walk()) {
    if (inode.kind === 'file') await xfs.content(inode as never, 0, 4096);
    if (inode.kind === 'link') await xfs.target(inode as never);
    await xfs.attributes(inode as never);
  }
  return disk;
}

async function numberOf(bytes: Buffer, path: string): Promise<number> {
  const xfs = await Xfs.open(BoundedReader.of(new BufferDisk(bytes)));
  return (await new FileTree(xfs).findLink(path))?.number ?? 0;
}

/** The blocks that begin with this, or have it where an index does. */
function blocksOf(bytes: Buffer, magic: string, at = 0): number[] {
  const text = Buffer.from(magic, 'latin1');
  const starts: number[] = [];
  for (let start = 0; start < bytes.length; start += blockBytes) {
    if (bytes.subarray(start + at, start + at + text.length).equals(text)) starts.push(start);
  }
  return starts;
}

/** A link in blocks: what mkfs.xfs makes of it has no header, which the kernel refuses. */
async function withLongLink(bytes: Buffer): Promise<Buffer> {
  const number = await numberOf(bytes, '/etc/long');
  const inode = inodeAt(number);
  const extent = bytes.readBigUInt64BE(inode.start + 176 + 8);
  const block = Number(extent >> 21n);
  const part = bytes.subarray(block * blockBytes, (block + 1) * blockBytes);
  part.copy(part, 56, 0, target.length);
  part.fill(0, 0, 56);
  part.write('XSLM', 0, 'latin1');
  part.writeUInt32BE(target.length, 8);
  bytes.copy(part, 16, 32, 48);
  part.writeBigUInt64BE(BigInt(number), 32);
  part.writeBigUInt64BE(BigInt((block * blockBytes) / 512), 40);
  return sealed(bytes, { start: block * blockBytes, length: blockBytes, checksum: 12 });
}

let image: Buffer;
let plain: Buffer;
before(async () => {
  image = await withLongLink(await makeXfs(tree, { options: ['-i', 'size=512'], commands }));
  plain = await makeXfs(tree, { options: ['-m', 'crc=0'], commands });
});

const changed = (change: (bytes: Buffer) => void, from = image) => {
  const bytes = Buffer.from(from);
  change(bytes);
  return bytes;
};

const refuses = (bytes: Buffer, message: RegExp) =>
  assert.rejects(readAll(bytes), { name: 'UnreadableContents', message });

test('what is changed is refused by its checksum', async () => {
  await readAll(image);
  await readAll(plain);
  const hostname = await numberOf(image, '/etc/hostname');
  const cases: [RegExp, number[]][] = [
    [/checksum of its superblock/, [110]],
    [/checksum of an inode/, [hostname * 512 + 44]],
    [/checksum of a folder/, blocksOf(image, 'XDD3').slice(0, 3)],
    [/checksum of a folder/, blocksOf(image, 'XDB3')],
    [/checksum of a map of blocks/, blocksOf(image, 'BMA3')],
    [/checksum of an index/, blocksOf(image, '\x3e\xbe', 8)],
    [/checksum of an index/, blocksOf(image, '\x3b\xee', 8)],
    [/checksum of the value of an attribute/, blocksOf(image, 'XARM')],
    [/checksum of a link/, blocksOf(image, 'XSLM')],
  ];
  for (const [message, places] of cases) {
    assert.ok(places.length > 0, `${message}`);
    for (const place of places) {
      // Behind the header of a block.
      const at = place % blockBytes === 0 ? place + 300 : place;
      await refuses(
        changed((bytes) => bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at)),
        message,
      );
    }
  }
});

test('what is right elsewhere is refused where it is', async () => {
  const [first = 0, second = 0] = blocksOf(image, 'XDD3');
  await refuses(
    changed((bytes) => bytes.copy(bytes, second, first, first + blockBytes)),
    /a folder is of another place/,
  );
  const [one, other] = [
    await numberOf(image, '/etc/hostname'),
    await numberOf(image, '/etc/empty'),
  ];
  await refuses(
    changed((bytes) => bytes.copy(bytes, other * 512, one * 512, one * 512 + 512)),
    /an inode is of another place/,
  );
});

test('features that are not known are refused by their names', async () => {
  const cases: [number, number, RegExp][] = [
    [216, 0x100, /not known here: metadir/],
    [216, 0x80000000, /not known here: incompatible feature 0x80000000/],
    [216, 0x10, /in need of repair/],
    [98, 0x2, /not known here: version 7/],
  ];
  for (const [at, flag, message] of cases) {
    const bytes = changed((each) => {
      each.writeUInt32BE((each.readUInt32BE(at) | flag) >>> 0, at);
      sealed(each, superblockAt);
    });
    await refuses(bytes, message);
  }
  await refuses(
    changed((bytes) => bytes.writeUInt16BE(bytes.readUInt16BE(100) & ~0x2000, 100), plain),
    /folders of version 1/,
  );
});

test('a long link is read past the header of its blocks', async () => {
  const xfs = await Xfs.open(BoundedReader.of(new BufferDisk(image)));
  const files = new FileTree(xfs);
  assert.equal((await files.readFile('/etc/long', 10))?.toString(), 'web\n');
  const link = await files.findLink('/etc/long');
  assert.equal((await xfs.target(link as never)).toString(), target);
});

describe('an inode whose checksum is right', () => {
  const cases: Record<string, [string, (inode: Buffer) => void, RegExp]> = {
    'has more pieces than fit': [
      '/etc/hostname',
      (inode) => inode.fill(0xff, 76, 80),
      /map of blocks/,
    ],
    'is of no format': ['/etc/hostname', (inode) => inode.writeUInt8(9, 5), /format/],
    'is of no kind': ['/etc/hostname', (inode) => inode.writeUInt16BE(0x3000, 2), /of nothing/],
    'has its attributes behind its end': [
      '/etc',
      (inode) => inode.writeUInt8(0xff, 82),
      /an inode/,
    ],
    'has a size beyond all': ['/etc/hostname', (inode) => inode.fill(0xff, 56, 64), /too large/],
    'has blocks behind the end': [
      '/etc/hostname',
      (inode) => inode.writeUInt8(0xff, 176 + 7),
      /behind its end/,
    ],
    'is a folder of more names than fit': [
      '/etc',
      (inode) => inode.writeUInt8(200, 176),
      /a folder/,
    ],
    'is a folder with a name that is a path': [
      '/etc',
      (inode) => inode.write('host/ame', inode.indexOf('hostname'), 'latin1'),
      /name of a file/,
    ],
    'is a link of no length': ['/etc/link', (inode) => inode.fill(0, 56, 64), /a link/],
    'is a link too long': ['/etc/link', (inode) => inode.writeUInt32BE(5000, 60), /a link/],
    'has a tree of blocks too deep': [
      '/many',
      (inode) => inode.writeUInt16BE(40, 176),
      /map of blocks/,
    ],
    'has a tree of blocks of another depth': [
      '/many',
      (inode) => inode.writeUInt16BE(2, 176),
      /map of blocks/,
    ],
  };
  for (const [name, [path, change, message]] of Object.entries(cases)) {
    test(`${name} is refused`, async () => {
      const at = inodeAt(await numberOf(image, path));
      const bytes = changed((each) => {
        change(each.subarray(at.start, at.start + at.length));
        sealed(each, at);
      });
      await refuses(bytes, message);
    });
  }
});

describe('without checksums', () => {
  test('a folder in itself, and blocks that point at themselves, come to an end', async () => {
    const etc = await numberOf(plain, '/etc');
    const root = plain.readUInt32BE(60);
    await refuses(
      changed((bytes) => {
        const inode = bytes.subarray(root * 256, (root + 1) * 256);
        const number = Buffer.alloc(4);
        number.writeUInt32BE(etc);
        inode.writeUInt32BE(root, inode.indexOf(number, 100));
      }, plain),
      /folder is in itself/,
    );
    const [leaf = 0] = blocksOf(plain, 'BMAP');
    await refuses(
      changed((bytes) => {
        bytes.writeUInt16BE(1, leaf + 4);
        bytes.writeBigUInt64BE(BigInt(leaf / blockBytes), leaf + 24 + 8 * 254);
      }, plain),
      /map of blocks/,
    );
    const [node = 0] = blocksOf(plain, '\xfe\xbe', 8);
    await refuses(
      changed((bytes) => {
        const count = bytes.readUInt16BE(node + 12);
        const itself = (32 * 1024 ** 3) / blockBytes;
        for (let at = 0; at < count; at++) bytes.writeUInt32BE(itself, node + 16 + at * 8 + 4);
      }, plain),
      /an index/,
    );
  });

  test('a tree of blocks with nothing in it is refused', async () => {
    const [leaf = 0] = blocksOf(plain, 'BMAP');
    await refuses(
      changed((bytes) => bytes.writeUInt16BE(0, leaf + 6), plain),
      /map of blocks/,
    );
  });

  test('a name is found where all have its hash', async () => {
    const bytes = changed((each) => {
      for (const start of blocksOf(each, '\xd2\xff', 8)) {
        const count = each.readUInt16BE(start + 12);
        for (let at = 0; at < count; at++) each.writeUInt32BE(0x61, start + 16 + at * 8);
      }
      const [node = 0] = blocksOf(each, '\xfe\xbe', 8);
      each.writeUInt32BE(0xffffffff, node + 16);
    }, plain);
    const xfs = await Xfs.open(BoundedReader.of(new BufferDisk(bytes)));
    const many = await new FileTree(xfs).find('/many');
    // Of this name that is the hash.
    const found = await xfs.lookUp(many as never, Buffer.from('a'));
    assert.equal(found?.number, await numberOf(plain, '/many/a'));
    assert.equal(await xfs.lookUp(many as never, Buffer.from('b')), undefined);
  });

  test('a folder that has a hole in an entry is refused', async () => {
    const [block = 0] = blocksOf(plain, 'XD2D');
    for (const length of [0, 4, 7, 0x7ff8]) {
      await refuses(
        changed((bytes) => {
          bytes.writeUInt16BE(0xffff, block + 16);
          bytes.writeUInt16BE(length, block + 18);
        }, plain),
        /a folder/,
      );
    }
  });
});

describe('whatever is in it', () => {
  /** The changes are in front of it. */
  const keptBytes = 1024 ** 2;
  const small = [tree[0] as Proto, tree[1] as Proto];

  /** What was changed is as it was, then: a copy of all would be what takes time. */
  async function survives(bytes: Buffer, change: () => void = () => {}): Promise<void> {
    const kept = Buffer.from(bytes.subarray(0, keptBytes));
    change();
    const disk = new BufferDisk(bytes);
    try {
      const xfs = await Xfs.open(BoundedReader.of(disk, { reads: 2000, bytes: 64 * 1024 ** 2 }));
      for await (const { inode } of new FileTree(xfs).walk()) {
        await xfs.attributes(inode as never);
        if (inode.kind === 'file') await xfs.content(inode as never, 0, 4096);
        if (inode.kind === 'link') await xfs.target(inode as never);
      }
    } catch (error) {
      if (!(error instanceof UnreadableContents)) throw error;
    } finally {
      kept.copy(bytes);
    }
    assert.ok(disk.reads <= 2000);
  }

  const bytesOf = fc.uint8Array({ minLength: 1, maxLength: 4 });

  test('it throws nothing of its own, and reads no more than allowed', async () => {
    const options = ['-m', 'crc=0'];
    const from = await makeXfs(small, { options, commands: commands.slice(0, 90), sizeMiB: 16 });
    const inodes = from.readUInt32BE(60) * 256;
    const blocks = [...blocksOf(from, 'XD2B'), ...blocksOf(from, '\xfb\xee', 8)];
    assert.ok(blocks.length >= 2);
    const place = fc.oneof(
      fc.integer({ min: 0, max: 260 }),
      fc.integer({ min: inodes, max: inodes + 256 * 20 }),
      ...blocks.map((start) => fc.integer({ min: start, max: start + 400 })),
      ...blocks.map((start) => fc.integer({ min: start + 3000, max: start + 4091 })),
    );
    const change = fc.record({ place, bytes: bytesOf });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 6 }), async (changes) => {
        await survives(from, () => {
          for (const { place: at, bytes: each } of changes) from.set(each, at);
        });
      }),
      { numRuns: 150 },
    );
  });

  test('the same of inodes whose checksums are made anew', async () => {
    const from = await makeXfs(small, { commands: commands.slice(0, 90), sizeMiB: 16 });
    const root = from.readUInt32BE(60);
    const change = fc.record({
      inode: fc.integer({ min: 0, max: 12 }),
      place: fc.integer({ min: 2, max: 500 }),
      bytes: bytesOf,
    });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        await survives(from, () => {
          for (const { inode, place, bytes: each } of changes) {
            const at = inodeAt(root + inode);
            from.set(each, at.start + place);
            sealed(from, at);
          }
        });
      }),
      { numRuns: 150 },
    );
  });

  test('a disk that was cut is read as far as it is there', async () => {
    for (const part of [0.001, 0.01, 0.1, 0.4, 0.8]) {
      await survives(image.subarray(0, Math.floor((image.length * part) / 512) * 512));
    }
  });
});
