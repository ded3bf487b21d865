/**
 * Random commands to Imago beside a model of it: what a guest wrote last, and what each snapshot must
 * therefore hold. After each command all snapshots that say that they are completed hold just that.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Host } from '../host/host.ts';
import { createImage } from '../operations/ec2/images/CreateImage.ts';
import { deregisterImage } from '../operations/ec2/images/DeregisterImage.ts';
import { rebootInstances } from '../operations/ec2/instances/RebootInstances.ts';
import { runInstances } from '../operations/ec2/instances/RunInstances.ts';
import { startInstances } from '../operations/ec2/instances/StartInstances.ts';
import { stopInstances } from '../operations/ec2/instances/StopInstances.ts';
import { createSnapshot } from '../operations/ec2/snapshots/CreateSnapshot.ts';
import { deleteSnapshot } from '../operations/ec2/snapshots/DeleteSnapshot.ts';
import { failing, faultKinds } from './test-faults.ts';
import { TestImago } from './test-imago.ts';

interface Model {
  running: boolean;
  byte: number;
  /** Snapshot -> what was written when it was ordered. */
  snapshots: Map<string, number>;
  images: string[];
}

interface Real {
  imago: TestImago;
  instanceId: string;
  volumeId: string;
}

type Command = fc.AsyncCommand<Model, Real>;

const offset = 1024 ** 2;
const timeLimits = { callMs: 2000, machineMs: 2000, silenceMs: 2000 };

function command(
  name: string,
  run: (model: Model, real: Real) => Promise<void>,
  check: (model: Readonly<Model>) => boolean = () => true,
): Command {
  return {
    check,
    toString: () => name,
    async run(model, real) {
      await run(model, real);
      await real.imago.untilQuiet();
      for (const [id, byte] of model.snapshots) {
        const row = await real.imago.catalog.read(({ snapshots }) => snapshots.get(id));
        assert.notEqual(row?.state, 'pending');
        if (row?.state !== 'completed') continue;
        assert.equal(await real.imago.readSnapshot(id, offset), byte, `after ${name}`);
      }
    },
  };
}

const write = (byte: number) =>
  command(`write ${byte}`, async (model, { imago, volumeId }) => {
    await imago.write(volumeId, offset, 4096, byte);
    model.byte = byte;
  });

const snapshot = () =>
  command('snapshot', async (model, { imago, volumeId }) => {
    const { SnapshotId = '' } = await imago.call(createSnapshot, { VolumeId: volumeId });
    model.snapshots.set(SnapshotId, model.byte);
  });

const image = (reboot: boolean) =>
  command(`image${reboot ? ' with reboot' : ''}`, async (model, { imago, instanceId }) => {
    const { ImageId = '' } = await imago.call(createImage, {
      InstanceId: instanceId,
      Name: `image ${model.images.length} ${model.snapshots.size}`,
      NoReboot: !reboot,
    });
    const row = await imago.catalog.read(({ images }) => images.get(ImageId));
    const id = row?.blockDeviceMappings[0]?.ebs.snapshotId ?? '';
    model.snapshots.set(id, model.byte);
    model.images.push(ImageId);
  });

const deregister = () =>
  command(
    'deregister with snapshots',
    async (model, { imago }) => {
      const ImageId = model.images.pop() ?? '';
      const more = { ImageId, DeleteAssociatedSnapshots: true };
      const { DeleteSnapshotResults = [] } = await imago.call(deregisterImage, more);
      for (const { SnapshotId = '' } of DeleteSnapshotResults) model.snapshots.delete(SnapshotId);
    },
    ({ images }) => images.length > 0,
  );

const deleteOne = () =>
  command('snapshot and delete it at once', async (_model, { imago, volumeId }) => {
    const { SnapshotId = '' } = await imago.call(createSnapshot, { VolumeId: volumeId });
    await imago.call(deleteSnapshot, { SnapshotId });
  });

const reboot = () =>
  command(
    'reboot',
    (_model, { imago, instanceId }) =>
      imago.call(rebootInstances, { InstanceIds: [instanceId] }).then(() => {}),
    ({ running }) => running,
  );

const stopOrStart = () =>
  command('stop or start', async (model, { imago, instanceId }) => {
    const InstanceIds = [instanceId];
    if (model.running) await imago.call(stopInstances, { InstanceIds });
    else await imago.call(startInstances, { InstanceIds });
    model.running = !model.running;
    await imago.untilState(instanceId, model.running ? 'running' : 'stopped');
  });

const restart = () => command('restart', (_model, { imago }) => imago.restart());

const faultyCalls = ['pivot', 'layersOf', 'upload', 'rebase', 'apply', 'removeLayers'] as const;

const restartWithFault = (
  method: (typeof faultyCalls)[number],
  kind: (typeof faultKinds)[number],
  times: number,
) =>
  command(`restart, ${method} ${kind} ${times} times`, (_model, { imago }) =>
    imago.restart({ wrapHost: failing<Host>(method, kind, times).wrap, timeLimits }),
  );

export function commands(size: number): fc.Arbitrary<Iterable<Command>> {
  const kind = fc.constantFrom(...faultKinds.filter((each) => !each.endsWith('never answers')));
  return fc.commands(
    [
      fc.integer({ min: 1, max: 255 }).map(write),
      fc.constant(snapshot()),
      fc.boolean().map(image),
      fc.constant(deregister()),
      fc.constant(deleteOne()),
      fc.constant(reboot()),
      fc.constant(stopOrStart()),
      fc.constant(restart()),
      fc
        .tuple(fc.constantFrom(...faultyCalls), kind, fc.constantFrom(1, 7))
        .map((fault) => restartWithFault(...fault)),
    ],
    { maxCommands: size, size: 'max' },
  );
}

/** A failure names the seed and the path that run it again. */
export async function compareWithModel(runs: number, size: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(commands(size), async (list) => {
      await using imago = await TestImago.start();
      const ImageId = (await imago.image()).id;
      const order = { ImageId, MinCount: 1, MaxCount: 1 };
      const { Instances = [] } = await imago.call(runInstances, order);
      const instanceId = Instances[0]?.InstanceId ?? '';
      await imago.untilState(instanceId, 'running');
      const [volumeId = ''] = await imago.volumeIds(instanceId);
      const setup = () => ({
        model: { running: true, byte: 0, snapshots: new Map(), images: [] },
        real: { imago, instanceId, volumeId },
      });
      await fc.asyncModelRun(setup, list);
    }),
    { numRuns: runs, endOnFailure: true },
  );
}
