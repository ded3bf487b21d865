/**
 * Which provider images can be asked for, and the task that builds one. How they are built is
 * server/provider-images.
 */
import { type ProviderImageName, providerImageNames } from '../../api/imago.ts';
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogTransaction } from '../catalog/catalog.ts';
import { providerAccount } from './accounts.ts';
import type { Clock, Ids } from './identity.ts';
import { newTask, unfinishedStates } from './tasks.ts';

export interface BuildImageInput {
  name: ProviderImageName;
  /** Where it is offered. Orders of before there were several have none: the task's. */
  regions?: string[];
}

/**
 * Id of the task; of the one that builds this image for these regions already, if there is one.
 * `region` is the order's own.
 */
interface BuildOrder {
  name: string;
  region: string;
  regions: readonly string[];
  /** Where it is built. */
  host: string;
}

export async function orderBuild(
  { tasks }: CatalogTransaction,
  { name, region, regions, host }: BuildOrder,
  identity: { clock: Clock; ids: Ids },
): Promise<string> {
  const known = providerImageNames.find((each) => each === name);
  if (!known) {
    throw new ServiceError(
      'InvalidParameterValue',
      `There is no provider image '${name}'. There are: ${providerImageNames.join(', ')}.`,
    );
  }
  const kind = 'build-image';
  // Builds of one image take turns, whatever the region: they share a work folder.
  const where = { kind, subject: name, state: unfinishedStates };
  const unfinished = await tasks.list({ where });
  const same = unfinished.find((task) => {
    const { regions: ordered = [task.region] } = task.input as BuildImageInput;
    const covered = regions.every((each) => ordered.includes(each));
    return covered && task.region === region && task.state === 'running';
  });
  if (same) return same.id;
  const input: BuildImageInput = { name: known, regions: [...new Set(regions)] };
  const order = { kind, subject: name, account: providerAccount.id, region, host, input };
  const task = newTask(order, identity);
  await tasks.insert(task);
  return task.id;
}
