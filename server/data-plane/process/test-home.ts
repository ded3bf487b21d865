import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { blockSizeBytes } from '../../blocks/block-store.ts';
import { FsBlockStore } from '../../blocks/fs/fs-block-store.ts';
import { writeBlockStoreDescription } from '../../blocks/store-description.ts';
import { storeBlock, storeMap } from '../../blocks/test-blocks.ts';
import { nodeFiles } from '../../files/node/node-files.ts';
import { Home } from '../../foundations/home.ts';
import { silentLog } from '../../foundations/log.ts';
import { unprivilegedIdentity } from '../../foundations/unprivileged.ts';
import { exampleMetadata } from '../../imds/example-metadata.ts';
import { protocolUdp } from '../../network/user-mode/packets.ts';
import { callControlSocket } from '../../processes/control-socket.ts';
import type { DataPlaneStatus } from '../calls.ts';
import type { DataPlane, GuestAttachment } from '../data-plane.ts';
import { dataPlaneFiles } from '../places.ts';
import { createProcessDataPlane, type ProcessDataPlaneOptions } from './process-data-plane.ts';

export const run = promisify(execFile);
export const identity = unprivilegedIdentity();
export const diskBytes = 4 * blockSizeBytes;
export const first = 'i-0aaaaaaaaaaaaaaaa';
export const second = 'i-0bbbbbbbbbbbbbbbb';

/** Of the second of two guests of one VPC; the first has the example's. */
export const peerAddress = '172.31.0.99';

/** A home as `serve` makes it, with the means to fill it. */
export async function makeHome(t: TestContext) {
  const folder = await mkdtemp(path.join(tmpdir(), 'idp-'));
  const home = new Home(folder);
  const planes: DataPlane[] = [];
  t.after(async () => {
    for (const plane of planes.slice(0, -1)) await plane.close({ keepServing: true });
    await planes.at(-1)?.close({ keepServing: false });
    await rm(folder, { recursive: true, force: true });
  });
  await mkdir(home.runFolder);
  await mkdir(home.instancesFolder);
  const blocks = await FsBlockStore.open(home.blocksFolder, { readerGid: identity?.gid });
  await writeBlockStoreDescription(
    nodeFiles,
    home.blockStoreFile,
    { kind: 'fs', folder: home.blocksFolder },
    { mode: 0o640, owner: identity && { uid: 0, gid: identity.gid } },
  );
  for (const shared of [folder, home.runFolder, home.instancesFolder]) {
    await chmod(shared, 0o711);
  }
  return {
    home,
    plane(version = '1', options: Partial<ProcessDataPlaneOptions> = {}): DataPlane {
      const plane = createProcessDataPlane({
        home,
        log: silentLog,
        identity,
        version,
        blockCacheBytes: 32 * 1024 ** 2,
        ...options,
      });
      planes.push(plane);
      return plane;
    },
    /** The folder of a machine with a disk of random bytes, and how to attach it. */
    async guest(instanceId: string) {
      const machineFolder = home.machineFolder(instanceId);
      await mkdir(machineFolder, { mode: 0o700 });
      if (identity) await chown(machineFolder, identity.uid, identity.gid);
      const bytes = randomBytes(2 * blockSizeBytes);
      const changes = new Map<number, string>();
      for (const index of [0, 1]) {
        const block = bytes.subarray(index * blockSizeBytes, (index + 1) * blockSizeBytes);
        changes.set(2 * index, await storeBlock(blocks, Buffer.from(block)));
      }
      const { root } = await storeMap(blocks, { sizeBytes: diskBytes, changes });
      const zeros = Buffer.alloc(blockSizeBytes);
      const content = Buffer.concat([
        bytes.subarray(0, blockSizeBytes),
        zeros,
        bytes.subarray(blockSizeBytes),
        zeros,
      ]);
      return { instanceId, folder: machineFolder, root, content };
    },
  };
}

/** A data plane that serves two guests. */
export async function serveTwo(t: TestContext) {
  const { home, guest, plane: createPlane } = await makeHome(t);
  const [a, b] = [await guest(first), await guest(second)];
  const plane = createPlane();
  await plane.start();
  const [ofFirst, ofSecond] = [attachment(first, [a.root]), attachment(second, [b.root])];
  ofSecond.link.privateIp = peerAddress;
  await plane.attach(a.folder, ofFirst);
  await plane.attach(b.folder, ofSecond);
  return { home, createPlane, plane, a, b };
}

export function attachment(instanceId: string, roots: string[]): GuestAttachment {
  return {
    instanceId,
    exports: roots.map((root) => ({ root, sizeBytes: diskBytes })),
    link: {
      mac: exampleMetadata.mac,
      privateIp: exampleMetadata.privateIp,
      subnetCidr: exampleMetadata.subnetCidr,
      gatewayIp: '172.31.0.1',
      dnsIp: '172.31.0.2',
    },
    vpc: {
      id: exampleMetadata.vpcId,
      cidr: exampleMetadata.vpcCidr,
      domain: 'ec2.internal',
      groupIds: [],
      ingress: manyRules,
      egress: manyRules,
    },
    metadata: { ...exampleMetadata, instanceId },
  };
}

/** As many as 16 groups have; the last lets pass what the others do not. */
const manyRules = Array.from({ length: 960 }, (_, index) => ({
  protocol: protocolUdp,
  from: 2 + (959 - index),
  to: 2 + (959 - index),
  peer: { cidr: '0.0.0.0/0' },
}));

/** Copies an export with QEMU's own client. */
export async function readExport(folder: string, exportName: string): Promise<Buffer> {
  const output = path.join(await mkdtemp(path.join(tmpdir(), 'idp-')), 'disk.raw');
  try {
    const options = `driver=nbd,server.type=unix,server.path=${folder}/nbd.sock,export=${exportName}`;
    await run('qemu-img', ['convert', '--image-opts', options, '-O', 'raw', output]);
    return await readFile(output);
  } finally {
    await rm(path.dirname(output), { recursive: true });
  }
}

export async function readStatus(home: Home): Promise<DataPlaneStatus> {
  return (await callControlSocket(
    dataPlaneFiles(home).socketPath,
    'GET',
    '/status',
  )) as DataPlaneStatus;
}
