/**
 * Which provider images can be asked for, and the task that builds one; images of an operator's
 * that become the provider's. How they are built is server/provider-images.
 */
import { type ProviderImageName, providerImageNames } from '../../api/imago.ts';
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogTransaction } from '../catalog/catalog.ts';
import { type ImageRow, snapshotIdsOf } from '../catalog/rows/image.ts';
import { notPermitted, providerAccount } from './accounts.ts';
import type { Clock, Ids } from './identity.ts';
import { refusing } from './image-findings.ts';
import { isDeprecated } from './image-states.ts';
import { checkDescription, requiredImage } from './images.ts';
import type { MadeImage } from './made-images.ts';
import { checkPublishable } from './marketplace.ts';
import type { MasterKey } from './master-key.ts';
import {
  nextProviderVersion,
  type ProviderVersion,
  providerVersions,
} from './public-parameters.ts';
import { insertPublished } from './published-image.ts';
import { newTask, unfinishedStates } from './tasks.ts';
import type { Viewer } from './viewer.ts';

export interface BuildImageInput {
  name: ProviderImageName;
  /** Where it is offered. Orders of before there were several have none: the task's. */
  regions?: string[];
  /** It is somebody's own, with what was added; absent: it becomes the provider's. */
  made?: MadeImage;
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
    const { made, regions: ordered = [task.region] } = task.input as BuildImageInput;
    if (made) return false;
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

/** As a level of a parameter's name has it. */
const publishedName = /^[a-z0-9][a-z0-9._-]{0,62}$/;

/** The next version of what has this name, and public at once. */
export async function publishProviderImage(
  transaction: CatalogTransaction,
  source: ImageRow,
  { name, description = source.description }: { name: string; description?: string },
  { clock, ids, masterKey }: { clock: Clock; ids: Ids; masterKey: MasterKey },
): Promise<ProviderVersion> {
  if (!publishedName.test(name)) {
    throw new ServiceError(
      'InvalidParameterValue',
      "The name of a provider's image has 1 to 63 small letters, digits, '.', '_' and '-', and begins with a letter or a digit.",
    );
  }
  checkDescription(description);
  checkPublishable(source);
  const [finding] = source.scan ? refusing(source.scan) : [];
  if (finding) {
    throw notPermitted(
      `The image ${source.id} is not fit for others: ${finding.title}. ${finding.advice}`,
    );
  }
  const { id: account, alias: ownerAlias } = providerAccount;
  const { region } = source;
  const imageId = ids.resource('ami');
  const snapshotIds = snapshotIdsOf(source).map((id) => [id, ids.resource('snap')]);
  const owned = { account, region, createdAt: clock.now().toISOString(), ownerAlias, tags: {} };
  const provider = await nextProviderVersion(transaction, region, name);
  const as = {
    name: `${name}-${provider.version}-${imageId.replace(/^ami-/, '')}`,
    ...(description !== undefined && { description }),
    provider,
  };
  const image = await insertPublished(transaction, source, as, {
    imageId,
    snapshotIds: Object.fromEntries(snapshotIds),
    owned,
    snapshotDescription: `Provider image ${as.name}`,
    // Who may launch it may copy it, too.
    createVolumePermissions: ['all'],
    signing: { masterKey, now: clock.now() },
  });
  return { name, number: provider.version, image };
}

/** It is left out of lists, and no parameter stands for it; who knows it launches it. */
export async function retireProviderImage(
  transaction: CatalogTransaction,
  viewer: Viewer,
  imageId: string,
  now: Date,
): Promise<ProviderVersion> {
  const image = await requiredImage(transaction, viewer, imageId);
  const versions = await providerVersions(transaction, viewer.region);
  const version = [...versions.values()].flat().find((each) => each.image.id === image.id);
  if (!version) throw notPermitted(`The image ${image.id} is not the provider's.`);
  if (isDeprecated(image, now)) return version;
  const retired = await transaction.images.update({ ...image, deprecationTime: now.toISOString() });
  return { ...version, image: retired };
}
