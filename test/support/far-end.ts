/** For tests of remotes: another Imago, what is between it and this one, and what is sent there. */
import assert from 'node:assert/strict';
import { storeBlock, storeMap } from '../../server/blocks/test-blocks.ts';
import { image, rootDisk, snapshot } from '../../server/catalog/test-rows.ts';
import { createRemote } from '../../server/operations/imago/CreateRemote.ts';
import { describeRemoteTransfers } from '../../server/operations/imago/DescribeRemoteTransfers.ts';
import { pullBackup } from '../../server/operations/imago/PullBackup.ts';
import { pushBackup } from '../../server/operations/imago/PushBackup.ts';
import { testBlock } from '../../server/operations/test-uploads.ts';
import type { TestImago } from '../../server/tasks/test-imago.ts';
import { FarProxy } from './far-proxy.ts';
import { ImagoProcess } from './imago.ts';

export class FarEnd implements AsyncDisposable {
  readonly imago: ImagoProcess;
  readonly proxy: FarProxy;

  private constructor(imago: ImagoProcess, proxy: FarProxy) {
    this.imago = imago;
    this.proxy = proxy;
  }

  static async start(): Promise<FarEnd> {
    const imago = await ImagoProcess.start({ hypervisor: 'simulated' });
    return new FarEnd(imago, await FarProxy.to(() => imago.endpoint));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.proxy[Symbol.asyncDispose]();
    await this.imago.dispose();
  }

  /** Before each test. */
  reset(): void {
    this.proxy.rules = {};
    this.proxy.passed.length = 0;
  }

  async remoteOf(here: TestImago, more: object = {}): Promise<string> {
    const { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey } = this.imago.credentials;
    const key = { AccessKeyId, SecretAccessKey };
    const place = { Name: 'second', Endpoint: this.proxy.endpoint, Region: 'us-east-1' };
    return (await here.call(createRemote, { ...place, ...key, ...more })).RemoteId;
  }

  /** Of blocks that were sent. */
  puts(): number {
    return this.proxy.countOfPaths('PUT', /blocks/);
  }

  /** Of blocks that were read. */
  gets(): number {
    return this.proxy.countOfPaths('GET', /blocks\/\d/);
  }
}

let made = 0;
const idOf = (kind: string) => `${kind}-${(++made).toString(16).padStart(17, '0')}`;

/** A whole snapshot of that volume, of these blocks. */
export async function snapshotOf(
  imago: TestImago,
  volumeId: string,
  blocks: Record<number, string | Buffer>,
) {
  const changes = new Map<number, string>();
  for (const [index, block] of Object.entries(blocks)) {
    const bytes = typeof block === 'string' ? testBlock(block) : block;
    changes.set(Number(index), await storeBlock(imago.blocks, bytes));
  }
  const { root, fullSizeBytes } = await storeMap(imago.blocks, { sizeBytes: 2 ** 30, changes });
  const { account, region } = imago.caller;
  const about = { account, region, volumeId, volumeSizeGiB: 1, root, fullSizeBytes };
  const row = snapshot(idOf('snap'), about);
  await imago.catalog.write(({ snapshots }) => snapshots.insert(row));
  return row;
}

export async function imageOf(imago: TestImago, snapshotId: string, name: string, more = {}) {
  const { account, region } = imago.caller;
  const about = { account, region, name, launchPermissions: [], tags: { kept: 'yes' } };
  const row = image(idOf('ami'), {
    ...about,
    bootMode: 'uefi',
    enaSupport: true,
    blockDeviceMappings: rootDisk(1, snapshotId),
    ...more,
  });
  await imago.catalog.write(({ images }) => images.insert(row));
  return row.id;
}

export async function ended(imago: TestImago, { TransferId }: { TransferId: string }) {
  await imago.untilQuiet();
  const asked = { TransferIds: [TransferId] };
  const { Transfers } = await imago.call(describeRemoteTransfers, asked);
  return Transfers[0] ?? assert.fail();
}

export async function push(imago: TestImago, RemoteId: string, BackupId: string) {
  return ended(imago, await imago.call(pushBackup, { RemoteId, BackupId }));
}

export async function pull(imago: TestImago, RemoteId: string, FarBackupId: string, more = {}) {
  return ended(imago, await imago.call(pullBackup, { RemoteId, FarBackupId, ...more }));
}
