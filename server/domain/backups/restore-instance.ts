/**
 * A restore of a whole instance: a launch of its backup, planned as any launch is, with all of it
 * as it was (recorded-machine.ts). Nothing is copied: a restored instance begins like a launched
 * one. Of a set of snapshots it is an instance of the image that the machine was launched of.
 */
import type { CatalogTransaction } from '../../catalog/catalog.ts';
import { type Launch, type LaunchPlace, planLaunch, planLaunchOf } from '../launch.ts';
import { checkSigned } from '../provenance/launch-policy.ts';
import type { Viewer } from '../viewer.ts';
import { isImage, requiredBackup } from './backups.ts';
import {
  launchOfMachine,
  type MachineLaunch,
  type RestoreDifference,
  type RestoreWishes,
} from './recorded-machine.ts';
import { imageOfSet, requiredSet } from './snapshot-sets.ts';

export interface InstanceRestore {
  launch: Launch;
  differences: RestoreDifference[];
}

/** To be called in the transaction that inserts the rows, as `planLaunch`. */
export async function planInstanceRestore(
  transaction: CatalogTransaction,
  viewer: Viewer,
  { backupId, wishes }: { backupId: string; wishes?: RestoreWishes },
  place: LaunchPlace,
): Promise<InstanceRestore> {
  const { site } = place;
  const backup = await requiredBackup(transaction, viewer, backupId);
  if (isImage(backup)) {
    const about = { wishes, site };
    const { request, ...machine } = await launchOfMachine(transaction, viewer, backup, about);
    return restored(await planLaunch(transaction, viewer, request, place), machine);
  }
  const root = requiredSet(backup);
  const { image, lost } = await imageOfSet(transaction, root);
  await checkSigned(transaction, viewer, image);
  const about = { wishes, site, lost };
  const { request, ...machine } = await launchOfMachine(transaction, viewer, image, about);
  const planned = await planLaunchOf(transaction, viewer, { image, request }, place);
  const instances = planned.instances.map((row) => ({ ...row, imageId: root.set.imageId }));
  return restored({ ...planned, instances }, machine);
}

function restored(
  launch: Launch,
  { volumeTags, differences }: Omit<MachineLaunch, 'request'>,
): InstanceRestore {
  const volumes = launch.volumes.map((volume) => ({
    ...volume,
    tags: { ...volumeTags.get(volume.attachment?.deviceName ?? ''), ...volume.tags },
  }));
  const [instance] = launch.instances;
  const given: Record<string, string | undefined> = {
    PrivateIpAddress: instance?.privateIp,
    PublicIpAddress: instance?.publicIp,
  };
  return {
    launch: { ...launch, volumes },
    differences: differences.map((each) =>
      each.atLaunch ? { ...each, now: given[each.member] } : each,
    ),
  };
}
