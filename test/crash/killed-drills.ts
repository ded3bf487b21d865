/**
 * Drills of a machine's image, of the snapshots of all its disks and of one of data, begun a few at
 * a time while Imago is killed again and again at moments of a seed. Each passes in the end, once;
 * nothing is left but its row; and a rule that keeps one backup keeps those that passed, too.
 */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  CompleteSnapshotCommand,
  EBSClient,
  PutSnapshotBlockCommand,
  StartSnapshotCommand,
} from '@aws-sdk/client-ebs';
import type { Drill, StartDrillRequest } from '../../api/imago-drills.ts';
import type { Wire } from '../../api/wire.ts';
import { Client } from '../../cli/client.ts';
import { readConnection } from '../../cli/credentials.ts';
import { seededNumbers } from '../../server/files/crashing/seeded-numbers.ts';
import { Home } from '../../server/foundations/home.ts';
import { putRequest, testBlock } from '../../server/operations/test-uploads.ts';
import { ImagoProcess } from '../support/imago.ts';
import { until } from '../support/until.ts';

const laterMaxMs = 1500;
const drillsAtOnce = 3;

export async function tellKilledDrills(told: { seed: number; kills: number }): Promise<void> {
  const imago = await ImagoProcess.start({ hypervisor: 'simulated' });
  try {
    await new Story(imago, told.seed).tell(told.kills);
  } catch (error) {
    console.error(`seed ${told.seed}\n${imago.log.slice(-6000)}`);
    throw error;
  } finally {
    await imago.dispose();
  }
}

class Story {
  readonly #imago: ImagoProcess;
  readonly #random: (below: number) => number;
  readonly #client: Client;
  readonly #ended = new Map<string, Wire<Drill>>();
  #instanceId = '';

  constructor(imago: ImagoProcess, seed: number) {
    this.#imago = imago;
    this.#random = seededNumbers(seed);
    this.#client = new Client(readConnection(new Home(imago.home)));
  }

  async tell(kills: number): Promise<void> {
    await this.#launch(await this.#register());
    const first = await this.#backUp('first');
    const before = this.#files();
    let begun = 0;
    for (let kill = 0; kill < kills; kill++) {
      for (let each = this.#random(drillsAtOnce); each >= 0; each--, begun++) {
        await this.#client.imago('StartDrill', this.#anyOf(first));
      }
      await delay(this.#random(laterMaxMs));
      await this.#imago.kill();
      await this.#imago.start();
      await this.#look();
    }
    await until('all are over', async () => {
      await this.#look();
      return this.#ended.size === begun;
    });
    for (const each of this.#ended.values()) assert.equal(each.State, 'passed', each.Reason);
    assert.deepEqual(this.#files(), before);
    await this.#assertRowsAreLeft();
    await this.#assertPassedStay(first);
  }

  /** What has ended once stays as it is. */
  async #look(): Promise<void> {
    const { Drills } = await this.#client.imago('DescribeDrills', {});
    for (const drill of Drills) {
      if (drill.EndedAt === undefined) continue;
      const known = this.#ended.get(drill.DrillId);
      if (known) assert.deepEqual(drill, known);
      this.#ended.set(drill.DrillId, drill);
      assert.equal(drill.Results.length, drill.Checks);
    }
  }

  #anyOf({ imageId, snapshotIds }: Backups): StartDrillRequest {
    const Checks = [{ Command: 'true' }, { Port: 22 }];
    const SnapshotId = snapshotIds[this.#random(2)];
    return this.#random(3) === 0 ? { ImageId: imageId, Checks } : { SnapshotId };
  }

  async #register(): Promise<string> {
    const { endpoint, credentials } = this.#imago;
    const ebs = new EBSClient({ endpoint, credentials, region: 'us-east-1' });
    const { SnapshotId = '' } = await ebs.send(new StartSnapshotCommand({ VolumeSize: 1 }));
    await ebs.send(new PutSnapshotBlockCommand(putRequest(SnapshotId, 0, testBlock('boots'))));
    await ebs.send(new CompleteSnapshotCommand({ SnapshotId, ChangedBlocksCount: 1 }));
    await this.#untilCompleted([SnapshotId]);
    const BlockDeviceMappings = [{ DeviceName: '/dev/xvda', Ebs: { SnapshotId } }];
    const about = { Name: 'base', RootDeviceName: '/dev/xvda', VirtualizationType: 'hvm' };
    const order = { ...about, Architecture: 'x86_64' as const, BlockDeviceMappings };
    return (await this.#client.ec2('RegisterImage', order)).ImageId ?? '';
  }

  async #launch(ImageId: string): Promise<void> {
    const BlockDeviceMappings = [{ DeviceName: '/dev/sdf', Ebs: { VolumeSize: 1 } }];
    const order = { ImageId, MinCount: 1, MaxCount: 1, BlockDeviceMappings };
    const { Instances: [made] = [] } = await this.#client.ec2('RunInstances', order);
    this.#instanceId = made?.InstanceId ?? '';
    await until('it runs', async () => (await this.#instances())[0]?.State?.Name === 'running');
  }

  async #instances() {
    const { Reservations = [] } = await this.#client.ec2('DescribeInstances', {});
    return Reservations.flatMap(({ Instances = [] }) => Instances);
  }

  async #backUp(Name: string): Promise<Backups> {
    const InstanceId = this.#instanceId;
    const image = { InstanceId, Name, NoReboot: true };
    const { ImageId: imageId = '' } = await this.#client.ec2('CreateImage', image);
    const order = { InstanceSpecification: { InstanceId } };
    const { Snapshots = [] } = await this.#client.ec2('CreateSnapshots', order);
    const snapshotIds = Snapshots.map(({ SnapshotId = '' }) => SnapshotId);
    await this.#untilCompleted(snapshotIds);
    await until('the image is available', async () => {
      const { Images } = await this.#client.ec2('DescribeImages', { ImageIds: [imageId] });
      return Images?.[0]?.State === 'available';
    });
    return { imageId, snapshotIds };
  }

  async #untilCompleted(SnapshotIds: string[]): Promise<void> {
    await until('the snapshots are completed', async () => {
      const { Snapshots } = await this.#client.ec2('DescribeSnapshots', { SnapshotIds });
      return Snapshots?.every(({ State }) => State === 'completed') ?? false;
    });
  }

  #files(): string[] {
    const of = (folder: string) =>
      readdirSync(path.join(this.#imago.home, folder), { recursive: true }).map(String);
    const all = ['instances', 'volumes'].flatMap(of).sort();
    // A record of the machine that runs may be half written.
    return all.filter((file) => file !== `${this.#instanceId}/guest.json.new`);
  }

  async #assertRowsAreLeft(): Promise<void> {
    const instances = await this.#instances();
    assert.deepEqual(
      instances.map(({ InstanceId }) => InstanceId),
      [this.#instanceId],
    );
    const { Volumes = [] } = await this.#client.ec2('DescribeVolumes', {});
    assert.equal(Volumes.length, 2);
    const { Images = [] } = await this.#client.ec2('DescribeImages', { Owners: ['self'] });
    assert.deepEqual(Images.map(({ Name }) => Name).sort(), ['base', 'first']);
  }

  async #assertPassedStay({ imageId, snapshotIds }: Backups): Promise<void> {
    for (const order of [{ ImageId: imageId }, { SnapshotId: snapshotIds[0] }]) {
      await this.#client.imago('StartDrill', order);
    }
    const count = this.#ended.size + 2;
    await until('they are over', async () => {
      await this.#look();
      return this.#ended.size === count;
    });
    await this.#backUp('second');
    const { Volumes = [] } = await this.#client.ec2('DescribeVolumes', {});
    const volumes = Volumes.map(({ VolumeId = '' }) => VolumeId);
    for (const SourceId of [this.#instanceId, ...volumes]) {
      await this.#client.imago('ForgetBackups', { SourceId, KeepLast: 1 });
    }
    await this.#client.ec2('DescribeImages', { ImageIds: [imageId] });
    await this.#client.ec2('DescribeSnapshots', { SnapshotIds: snapshotIds });
  }
}

interface Backups {
  imageId: string;
  snapshotIds: string[];
}
