/** For tests of the driver: volumes as requests leave them, written by hand. */
import type { VolumeAttachment, VolumeRow } from '../catalog/rows/volume.ts';
import { randomIds } from '../domain/identity.ts';
import type { TestImago } from '../tasks/test-imago.ts';

/** Free, empty, one that no machine has had yet. */
export async function freeVolume(imago: TestImago, sizeGiB = 1): Promise<string> {
  const id = randomIds.resource('vol');
  const { account, region } = imago.caller;
  await imago.context().catalog.write(({ volumes }) =>
    volumes.insert({
      id,
      account,
      region,
      createdAt: new Date().toISOString(),
      host: imago.services.site.hostId,
      state: 'available',
      sizeGiB,
      volumeType: 'gp3',
      availabilityZone: 'us-east-1a',
      layers: [{ number: 0, fresh: true }],
      nextLayer: 1,
      tags: {},
    }),
  );
  return id;
}

/** As AttachVolume does where the instance runs. */
export function attach(
  imago: TestImago,
  volumeId: string,
  instanceId: string,
  more: Partial<VolumeAttachment> = {},
): Promise<void> {
  const attachment: VolumeAttachment = {
    instanceId,
    deviceName: '/dev/sdf',
    index: 1,
    deleteOnTermination: false,
    attachedAt: new Date().toISOString(),
    state: 'attaching',
    ...more,
  };
  return changeVolume(imago, volumeId, (row) => ({ ...row, state: 'in-use', attachment }));
}

/** As DetachVolume does where the instance runs. */
export function detach(imago: TestImago, volumeId: string, force = false): Promise<void> {
  return changeVolume(imago, volumeId, ({ attachment, ...row }) => ({
    ...row,
    ...(attachment && {
      attachment: { ...attachment, state: 'detaching', ...(force && { force: true }) },
    }),
  }));
}

export async function changeVolume(
  imago: TestImago,
  volumeId: string,
  change: (row: VolumeRow) => VolumeRow,
): Promise<void> {
  await imago.context().catalog.write(async ({ volumes }) => {
    const row = await volumes.get(volumeId);
    if (!row) throw new Error(`no volume ${volumeId}`);
    await volumes.update(change(row));
  });
}

export function untilVolume(
  imago: TestImago,
  volumeId: string,
  what: string,
  is: (row: VolumeRow) => boolean,
): Promise<VolumeRow> {
  return imago.until(`${volumeId} ${what}`, async () => {
    const row = await imago.catalog.read(({ volumes }) => volumes.get(volumeId));
    return row && is(row) && row;
  });
}

export const untilAttached = (imago: TestImago, volumeId: string) =>
  untilVolume(
    imago,
    volumeId,
    'attached',
    ({ state, attachment }) =>
      state === 'in-use' && attachment !== undefined && attachment.state === undefined,
  );

export const untilFree = (imago: TestImago, volumeId: string) =>
  untilVolume(
    imago,
    volumeId,
    'available',
    ({ state, attachment }) => state === 'available' && !attachment,
  );

/** Of the machine, in the order of its disks. */
export async function disksOf(imago: TestImago, instanceId: string): Promise<string[]> {
  const disks = await imago.hypervisor.disksOf(instanceId);
  return disks.map(({ volumeId }) => volumeId);
}
