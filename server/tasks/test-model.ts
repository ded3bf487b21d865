/**
 * Random commands to Imago beside a model of it: what a guest wrote last, and what each snapshot
 * must therefore hold. After each command all snapshots that say that they are completed hold just
 * that.
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
import { terminateInstances } from '../operations/ec2/instances/TerminateInstances.ts';
import { createSnapshot } from '../operations/ec2/snapshots/CreateSnapshot.ts';
import { deleteSnapshot } from '../operations/ec2/snapshots/DeleteSnapshot.ts';
import { failing, faultKinds } from './test-faults.ts';
import { TestImago } from './test-imago.ts';

interface Model {
  running: boolean;
  byte: number;
  /** Snapshot -> what was written when it was ordered. */
  snapshots: Map<string, number>;
  images: { id: string; snapshotId: string }[];
}

interface Real {
  imago: TestImago;
  /** Of the provider; zeros but for its first blocks. */
  baseImageId: string;
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

/**
 * What is written once the cut is made belongs to the next snapshot, whatever is being read yet.
 */
const writeDuringCapture = (byte: number) =>
  command(`snapshot, and write ${byte} after its cut`, async (model, { imago, volumeId }) => {
    const { SnapshotId = '' } = await imago.call(createSnapshot, { VolumeId: volumeId });
    model.snapshots.set(SnapshotId, model.byte);
    await imago.until('it is cut', () =>
      imago.catalog.read(async ({ snapshots, volumes }) => {
        const row = await snapshots.get(SnapshotId);
        const layers = (await volumes.get(volumeId))?.layers ?? [];
        const isCut = layers.some(({ number, fresh }) => number === row?.cutLayer && !fresh);
        return row?.state !== 'pending' || isCut;
      }),
    );
    await imago.write(volumeId, offset, 4096, byte);
    model.byte = byte;
  });

const image = (reboot: boolean) =>
  command(`image${reboot ? ' with reboot' : ''}`, async (model, { imago, instanceId }) => {
    const { ImageId = '' } = await imago.call(createImage, {
      InstanceId: instanceId,
      Name: `image ${model.images.length} ${model.snapshots.size}`,
      NoReboot: !reboot,
    });
    const row = await imago.catalog.read(({ images }) => images.get(ImageId));
    const snapshotId = row?.blockDeviceMappings[0]?.ebs.snapshotId ?? '';
    model.snapshots.set(snapshotId, model.byte);
    model.images.push({ id: ImageId, snapshotId });
  });

const deregister = () =>
  command(
    'deregister with snapshots',
    async (model, { imago }) => {
      const ImageId = model.images.pop()?.id ?? '';
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
    model.running = !model.running;
    if (!model.running) {
      await imago.call(stopInstances, { InstanceIds });
      await imago.untilState(instanceId, 'stopped');
      return;
    }
    // A fault may end a start.
    do await imago.call(startInstances, { InstanceIds });
    while ((await atRest(imago, instanceId)) !== 'running');
  });

/** Where an instance that starts comes to. */
async function atRest(imago: TestImago, instanceId: string): Promise<string> {
  const states = ['running', 'stopped', 'terminated'];
  return imago.until(`${instanceId} at rest`, async () => {
    const state = (await imago.instance(instanceId))?.state ?? '';
    return states.includes(state) && state;
  });
}

async function launch(imago: TestImago, ImageId: string) {
  for (;;) {
    const order = { ImageId, MinCount: 1, MaxCount: 1 };
    const { Instances = [] } = await imago.call(runInstances, order);
    const instanceId = Instances[0]?.InstanceId ?? '';
    if ((await atRest(imago, instanceId)) !== 'running') continue;
    const [volumeId = ''] = await imago.volumeIds(instanceId);
    return { instanceId, volumeId };
  }
}

/** Of the newest image, where it came to be one; its guest begins with what the image holds. */
const terminateAndLaunch = (capture: boolean) =>
  command(`${capture ? 'snapshot, ' : ''}terminate and launch`, async (model, real) => {
    const { imago, instanceId, volumeId } = real;
    if (capture) {
      const { SnapshotId = '' } = await imago.call(createSnapshot, { VolumeId: volumeId });
      model.snapshots.set(SnapshotId, model.byte);
    }
    await imago.call(terminateInstances, { InstanceIds: [instanceId] });
    await imago.untilState(instanceId, 'terminated');
    await imago.untilQuiet();
    await imago.until('its layers are gone', async () => {
      const files = await imago.layerFiles();
      return !files.some((file) => file.startsWith(volumeId));
    });
    const { id = '', snapshotId = '' } = model.images.at(-1) ?? {};
    const row = await imago.catalog.read(({ images }) => images.get(id));
    const isThere = row?.state === 'available';
    Object.assign(real, await launch(imago, isThere ? id : real.baseImageId));
    model.byte = isThere ? (model.snapshots.get(snapshotId) ?? 0) : 0;
    model.running = true;
  });

const restart = () => command('restart', (_model, { imago }) => imago.restart());

/**
 * More often than a task tries; the driver, which waits longer from time to time, comes to its end.
 */
const ofTasks = ['pivot', 'upload', 'rebase', 'removeLayers'].map((call) => [call, 7] as const);
const ofDriver = ['layersOf', 'apply'].map((call) => [call, 3] as const);

const restartWithFault = (method: string, kind: (typeof faultKinds)[number], times: number) =>
  command(`restart, ${method} ${kind} ${times} times`, (_model, { imago }) =>
    imago.restart({ wrapHost: failing<Host>(method as keyof Host, kind, times).wrap, timeLimits }),
  );

export function commands(size: number): fc.Arbitrary<Iterable<Command>> {
  const kind = fc.constantFrom(...faultKinds.filter((each) => !each.endsWith('never answers')));
  return fc.commands(
    [
      fc.integer({ min: 1, max: 255 }).map(write),
      fc.integer({ min: 1, max: 255 }).map(writeDuringCapture),
      fc.constant(snapshot()),
      fc.boolean().map(image),
      fc.constant(deregister()),
      fc.constant(deleteOne()),
      fc.constant(reboot()),
      fc.constant(stopOrStart()),
      fc.boolean().map(terminateAndLaunch),
      fc.constant(restart()),
      fc
        .tuple(fc.constantFrom(...ofTasks, ...ofDriver), kind, fc.boolean())
        .map(([[call, most], how, once]) => restartWithFault(call, how, once ? 1 : most)),
    ],
    { maxCommands: size, size: 'max' },
  );
}

/**
 * A failure names the seed and the path that run it again. Answers how many lists of commands were
 * run.
 */
export async function compareWithModel(
  runs: number,
  size: number,
  parameters: fc.Parameters<unknown> = {},
): Promise<number> {
  const details = await fc.check(
    fc.asyncProperty(commands(size), async (list) => {
      await using imago = await TestImago.start();
      const baseImageId = (await imago.image()).id;
      const launched = await launch(imago, baseImageId);
      const setup = () => ({
        model: { running: true, byte: 0, snapshots: new Map(), images: [] },
        real: { imago, baseImageId, ...launched },
      });
      await fc.asyncModelRun(setup, list);
    }),
    { numRuns: runs, endOnFailure: true, ...parameters },
  );
  if (details.failed) {
    throw new Error(fc.defaultReportMessage(details), { cause: details.errorInstance });
  }
  return details.numRuns;
}
