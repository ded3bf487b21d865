/**
 * A restore of a whole instance: a launch of its backup, planned as any launch is, with all of it
 * as it was (recorded-machine.ts). Nothing is copied: a restored instance begins like a launched
 * one.
 */
import type { CatalogTransaction } from '../../catalog/catalog.ts';
import { requiredOwnImage } from '../images.ts';
import { type Launch, type LaunchPlace, planLaunch } from '../launch.ts';
import type { Viewer } from '../viewer.ts';
import { launchOfMachine, type RestoreDifference, type RestoreWishes } from './recorded-machine.ts';

export interface InstanceRestore {
  launch: Launch;
  differences: RestoreDifference[];
}

/** To be called in the transaction that inserts the rows, as `planLaunch`. */
export async function planInstanceRestore(
  transaction: CatalogTransaction,
  viewer: Viewer,
  { imageId, wishes }: { imageId: string; wishes?: RestoreWishes },
  place: LaunchPlace,
): Promise<InstanceRestore> {
  const image = await requiredOwnImage(transaction, viewer, imageId);
  const { site } = place;
  const { request, volumeTags, differences } = await launchOfMachine(transaction, viewer, image, {
    wishes,
    site,
  });
  const launch = await planLaunch(transaction, viewer, request, place);
  const volumes = launch.volumes.map((volume) => ({
    ...volume,
    tags: { ...volumeTags.get(volume.attachment?.deviceName ?? ''), ...volume.tags },
  }));
  return { launch: { ...launch, volumes }, differences };
}
