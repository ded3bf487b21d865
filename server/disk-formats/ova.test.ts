/**
 * OVAs as others make them (case N6): Python's and GNU's tar in their formats, disks in the
 * descriptor's order wherever they are in the archive, gzipped ones, manifests; and what is refused.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { nodeFiles } from '../files/node/node-files.ts';
import { refusalsOf } from './disk-format-error.ts';
import type { RandomAccess } from './random-access.ts';
import { indexTar } from './tar-index.ts';
import { mib } from './test-disks.ts';
import {
  archiveOf,
  data,
  diskOfFile,
  fileOf,
  folder,
  type Member,
  manifestOf,
  opened,
  ovfOf,
  refusalOf,
  root,
  vmdkOf,
} from './test-ova.ts';

let spools = 0;
const spool = () => nodeFiles.open(path.join(folder, `spool-${spools++}`), 'create');

const twoDisks = ovfOf(
  fileOf('f-data', 'data.vmdk.gz', 'ovf:compression="gzip"') + fileOf('f-root', 'root.vmdk'),
  diskOfFile('d1', 'f-root', 'ovf:capacity="3" ovf:capacityAllocationUnits="byte * 2^20"') +
    diskOfFile('d2', 'f-data', 'ovf:capacity="2097152"'),
  `<ovf:OperatingSystemSection ovf:id="94" vmw:osType="ubuntu64Guest"><ovf:Description>Ubuntu</ovf:Description></ovf:OperatingSystemSection>
<ovf:VirtualHardwareSection>
<ovf:Item><rasd:ResourceType>3</rasd:ResourceType><rasd:VirtualQuantity>2</rasd:VirtualQuantity></ovf:Item>
<ovf:Item><rasd:AllocationUnits>MegaBytes</rasd:AllocationUnits><rasd:ResourceType>4</rasd:ResourceType><rasd:VirtualQuantity>2048</rasd:VirtualQuantity></ovf:Item>
<vmw:Config ovf:required="false" vmw:key="firmware" vmw:value="efi"/>
</ovf:VirtualHardwareSection>`,
);

async function membersOfTwo(): Promise<Member[]> {
  return [
    { name: 'data.vmdk.gz', bytes: gzipSync(await vmdkOf(data)) },
    { name: 'root.vmdk', bytes: await vmdkOf(root) },
    { name: 'machine.ovf', bytes: Buffer.from(twoDisks) },
  ];
}

describe('in the archive’s format, the descriptor last and the root first', () => {
  for (const how of ['python', 'pax', 'gnu', 'ustar', 'v7']) {
    test(how, async () => {
      const members = await membersOfTwo();
      const manifest = { name: 'machine.mf', bytes: manifestOf(members) };
      const archive = await archiveOf([manifest, ...members], how);
      const { disks, system, notes } = await opened(archive, { spool });
      assert.deepEqual(
        disks.map(({ name }) => name),
        ['root.vmdk', 'data.vmdk.gz'],
      );
      assert.ok(disks[0]?.bytes.equals(root));
      assert.ok(disks[1]?.bytes.equals(data));
      assert.deepEqual(
        disks.map(({ facts }) => facts.notes),
        [[], []],
      );
      assert.deepEqual(system, {
        name: 'Die Maschine – ü',
        osType: 'ubuntu64Guest',
        osDescription: 'Ubuntu',
        firmware: 'efi',
        cpus: 2,
        memoryMiB: 2048,
      });
      assert.deepEqual(notes, []);
    });
  }

  test('in a folder, with names of more than a hundred letters that are not all of ASCII', async () => {
    const name = `${'ä'.repeat(40)}${'disk-'.repeat(20)}.vmdk`;
    const text = ovfOf(fileOf('f', name), diskOfFile('d', 'f'));
    const members = [
      { name: 'a folder/machine.ovf', bytes: Buffer.from(text) },
      { name: `a folder/${name}`, bytes: await vmdkOf(root) },
    ];
    for (const how of ['python', 'pax', 'gnu']) {
      const { disks, notes } = await opened(await archiveOf(members, how));
      assert.ok(disks[0]?.bytes.equals(root), how);
      assert.match(notes.join(), /has no manifest/);
    }
  });
});

describe('the manifest', () => {
  for (const algorithm of ['sha1', 'sha256', 'sha512']) {
    test(`of ${algorithm} is verified`, async () => {
      const members = await membersOfTwo();
      const manifest = { name: 'machine.mf', bytes: manifestOf(members, algorithm) };
      const told: number[] = [];
      const onProgress = (done: number, total: number) => told.push(done / total);
      const archive = await archiveOf([...members, manifest]);
      await opened(archive, { spool, onProgress });
      assert.equal(told.at(-1), 1);
      // A byte of the last member's, after everything that is looked at.
      const at = archive.indexOf('Maschine');
      archive[at] = (archive[at] ?? 0) ^ 1;
      assert.match(
        await refusalOf(archive, { spool }),
        /'machine.ovf' is not what its manifest says/,
      );
    });
  }

  const lines: [string, (good: string) => string, RegExp][] = [
    [
      'names what is not there',
      (good) => `${good}SHA1(x)= ${'0'.repeat(40)}\n`,
      /'x', which is not/,
    ],
    ['has a line that is none', (good) => `${good}hello\n`, /a line that is none: 'hello'/],
    [
      'has a short digest',
      (good) => `${good}SHA256(x)= ${'0'.repeat(40)}\n`,
      /a line that is none/,
    ],
    ['names a file twice', (good) => good + good, /names a file twice/],
  ];
  for (const [name, change, message] of lines) {
    test(name, async () => {
      const members = await membersOfTwo();
      const bytes = Buffer.from(change(String(manifestOf(members))));
      const archive = await archiveOf([...members, { name: 'machine.mf', bytes }]);
      assert.match(await refusalOf(archive, { spool }), message);
    });
  }
});

describe('disks', () => {
  const archived = async (text: string, more: Member[] = []) =>
    archiveOf([{ name: 'machine.ovf', bytes: Buffer.from(text) }, ...more]);
  const rootMember = async () => ({ name: 'root.vmdk', bytes: await vmdkOf(root) });

  test('one of another size than its descriptor says is read, and that is said', async () => {
    const text = ovfOf(fileOf('f', 'root.vmdk'), diskOfFile('d', 'f', 'ovf:capacity="512"'));
    const { disks } = await opened(await archived(text, [await rootMember()]));
    assert.match(disks[0]?.facts.notes.join() ?? '', /says that 'root.vmdk' has 512 bytes; it has/);
  });

  test('one without a file is empty', async () => {
    const empty =
      '<ovf:Disk ovf:diskId="e" ovf:capacity="1" ovf:capacityAllocationUnits="MegaBytes"/>';
    const text = ovfOf(fileOf('f', 'root.vmdk'), diskOfFile('d', 'f') + empty);
    const { disks } = await opened(await archived(text, [await rootMember()]));
    assert.ok(disks[1]?.bytes.equals(Buffer.alloc(mib)));
    assert.equal(disks[1]?.facts.allocatedBytes, 0);
  });

  test('a gzipped one is refused where there is nowhere to put it', async () => {
    assert.match(
      await refusalOf(await archiveOf(await membersOfTwo())),
      /data.vmdk.gz' is gzipped/,
    );
  });

  test('a gzipped one that becomes too large, or is none', async () => {
    const text = ovfOf(fileOf('f', 'root.raw.gz'), '<Disk diskId="d" fileRef="f" format=""/>');
    const bomb = { name: 'root.raw.gz', bytes: gzipSync(Buffer.alloc(100 * mib, 'bomb')) };
    const small = { limits: { maxSizeBytes: mib }, spool };
    assert.match(await refusalOf(await archived(text, [bomb]), small), /becomes more than/);
    const broken = { name: 'root.raw.gz', bytes: bomb.bytes.subarray(0, 1000) };
    assert.match(await refusalOf(await archived(text, [broken]), { spool }), /cannot be unpacked/);
  });

  const refused: [string, string, RegExp][] = [
    [
      'a file that is not there',
      ovfOf(fileOf('f', 'no.vmdk'), diskOfFile('d', 'f')),
      /'no.vmdk', which is not in it/,
    ],
    [
      'a file elsewhere',
      ovfOf(fileOf('f', '../../etc/passwd.vmdk'), diskOfFile('d', 'f')),
      /passwd.vmdk', which is not in it/,
    ],
    [
      'a file behind an address',
      ovfOf(fileOf('f', 'http://169.254.169.254/x.vmdk'), diskOfFile('d', 'f')),
      /x.vmdk', which is not in it/,
    ],
    ['no such file', ovfOf('', diskOfFile('d', 'f')), /disk 'd' has no file/],
    ['no disks', ovfOf('', ''), /has no disk/],
    [
      'a delta',
      ovfOf(fileOf('f', 'root.vmdk'), diskOfFile('d', 'f', 'ovf:parentRef="e"')),
      /is a delta/,
    ],
    [
      'chunks',
      ovfOf(fileOf('f', 'root.vmdk', 'ovf:chunkSize="100"'), diskOfFile('d', 'f')),
      /in several parts/,
    ],
    [
      'another compression',
      ovfOf(fileOf('f', 'root.vmdk', 'ovf:compression="bzip2"'), diskOfFile('d', 'f')),
      /compressed by 'bzip2'/,
    ],
    [
      'another format',
      ovfOf(fileOf('f', 'root.iso'), '<Disk diskId="d" fileRef="f" format="http://iso"/>'),
      /is of the format 'http:\/\/iso'/,
    ],
    [
      'a collection',
      '<Envelope><VirtualSystemCollection/><DiskSection/></Envelope>',
      /collection of machines/,
    ],
    ['no envelope', '<html><body/></html>', /is no OVF/],
    ['a document type', '<!DOCTYPE x [<!ENTITY a "aaa">]><Envelope/>', /has a document type/],
    ['an entity', '<Envelope><Name>&file;</Name></Envelope>', /the entity &file;/],
    ['no end', '<Envelope><Name>', /not one element/],
    ['a wrong end', '<Envelope></Name>', /not well-formed/],
    ['elements without end', `${'<a>'.repeat(100)}`, /larger than those of machines/],
    ['more elements than any', `<a>${'<b/>'.repeat(30_000)}</a>`, /larger than those of machines/],
    ['no XML', 'hello', /not one element/],
  ];
  for (const [name, text, message] of refused) {
    test(name, async () => {
      assert.match(await refusalOf(await archived(text)), message);
    });
  }
});

describe('what is no archive of a machine', () => {
  test('another format', async () => {
    assert.match(await refusalOf(await vmdkOf(root)), /begins as a VMDK file; give its own format/);
    assert.match(await refusalOf(Buffer.from('hello'.repeat(300))), /no header of a tar archive/);
    assert.match(await refusalOf(Buffer.alloc(0)), /has no .ovf descriptor/);
  });

  test('a cut archive, a sparse member, two descriptors', async () => {
    const archive = await archiveOf(await membersOfTwo());
    assert.match(await refusalOf(archive.subarray(0, mib)), /was cut off/);
    const two = await membersOfTwo();
    two.push({ name: 'second.ovf', bytes: Buffer.from(twoDisks) });
    assert.match(await refusalOf(await archiveOf(two)), /has 2 files that end in .ovf/);
    const work = await mkdtemp(path.join(folder, 'sparse-'));
    execFileSync('truncate', ['-s', '1M', path.join(work, 'x.vmdk')]);
    for (const format of ['gnu', 'pax']) {
      const argv = [`--format=${format}`, '-Scf', 'archive', 'x.vmdk'];
      execFileSync('tar', argv, { cwd: work });
      assert.match(await refusalOf(await readFile(path.join(work, 'archive'))), /sparse member/);
    }
  });

  test('links lead nowhere', async () => {
    const work = await mkdtemp(path.join(folder, 'links-'));
    await writeFile(path.join(work, 'm.ovf'), ovfOf(fileOf('f', 'l.vmdk'), diskOfFile('d', 'f')));
    execFileSync('ln', ['-s', '/etc/hostname', path.join(work, 'l.vmdk')]);
    execFileSync('tar', ['-cf', 'archive', 'm.ovf', 'l.vmdk'], { cwd: work });
    const archive = await readFile(path.join(work, 'archive'));
    assert.match(await refusalOf(archive), /'l.vmdk', which is not in it/);
  });

  test('members without end', async () => {
    const header = (await archiveOf([{ name: 'x', bytes: Buffer.alloc(0) }], 'ustar')).subarray(
      0,
      512,
    );
    const endless: RandomAccess = { sizeBytes: 2 ** 40, read: async () => header };
    await assert.rejects(indexTar(endless, refusalsOf('ova')), /more than 1000 members/);
  });
});
