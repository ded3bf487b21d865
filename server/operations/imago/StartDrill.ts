import type { StartDrillRequest, StartDrillResult } from '../../../api/imago-drills.ts';
import { ServiceError } from '../../../api/service-error.ts';
import type { CatalogReader } from '../../catalog/catalog.ts';
import { checkDiskRoom } from '../../domain/capacity.ts';
import { type DrillOrder, orderDrill } from '../../domain/drills/drills.ts';
import { drillPlan } from '../../domain/drills/plan.ts';
import { readEncryption } from '../../domain/ebs-encryption.ts';
import { checkAvailable, requiredImage } from '../../domain/images.ts';
import { completed, requiredSnapshot } from '../../domain/snapshots.ts';
import type { Viewer } from '../../domain/viewer.ts';
import type { Operation } from '../operation.ts';

/** Of any image that the caller may launch, or snapshot of which it may make volumes. */
export const startDrill: Operation<StartDrillRequest, StartDrillResult> = {
  accepts: [
    'ImageId',
    'SnapshotId',
    'InstanceType',
    'ConsoleText',
    'BootTimeoutSeconds',
    'Checks',
    'Compare',
  ],
  async run(request, context) {
    const { caller, catalog, clock, host, site } = context;
    const asked = drillPlan(request);
    checkDiskRoom(await host.measure(), caller.region);
    const place = { ...context, hostId: site.hostId };
    const { id } = await catalog.write(async (transaction) => {
      const tried = await requiredTried(transaction, caller, request, clock.now());
      return orderDrill(transaction, caller, { tried, asked }, place);
    });
    return { DrillId: id };
  },
};

async function requiredTried(
  reader: CatalogReader,
  caller: Viewer,
  { ImageId, SnapshotId }: StartDrillRequest,
  now: Date,
): Promise<DrillOrder['tried']> {
  if ((ImageId === undefined) === (SnapshotId === undefined)) {
    throw new ServiceError('InvalidParameterCombination', 'Give one of ImageId and SnapshotId.');
  }
  if (ImageId !== undefined) {
    const image = await requiredImage(reader, caller, ImageId);
    checkAvailable(image);
    return { imageId: image.id };
  }
  const snapshot = await requiredSnapshot(reader, caller, SnapshotId ?? '');
  completed(snapshot);
  await readEncryption(reader, caller, snapshot, now);
  return { snapshotId: snapshot.id };
}
