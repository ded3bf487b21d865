/**
 * Images (AMIs): who sees them, what they may be called, and their states:
 *
 *   CreateImage, CopyImage --> pending --done--> available --DeregisterImage--> (former-images.ts)
 *                                 \--failed--> failed --DeregisterImage--> (former-images.ts)
 *   RegisterImage ----------------------------> available <--(image-states.ts)--> disabled
 *
 * It knows nothing of captures (tasks/create-image.ts), copies and blocks.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogReader, CatalogTransaction } from '../catalog/catalog.ts';
import { type FormerImageRow, type ImageRow, imageViewers } from '../catalog/rows/image.ts';
import type { InstanceRow } from '../catalog/rows/instance.ts';
import type { SnapshotRow } from '../catalog/rows/snapshot.ts';
import { isShownGone, stillReferenced } from './former-images.ts';
import type { Ids } from './identity.ts';
import { findRows, notFound, requiredRow } from './resource-ids.ts';
import { type Viewer, visibleTo } from './viewer.ts';

/** Of descriptions of images and snapshots, as EC2 documents it. */
const descriptionMaxChars = 255;
const namePattern = /^[A-Za-z0-9()[\] ./\-'@_]{3,128}$/;

/**
 * Own images, public ones and those shared with its account, of one region: the same that a list
 * finds by key.
 */
export function seesImage(viewer: Viewer, image: ImageRow): boolean {
  const keys = visibleTo(viewer);
  return imageViewers(image).some((key) => keys.includes(key));
}

const findImages = findRows('image', seesImage);

/**
 * All of them, or an error. One that was deregistered is unavailable as long as instances of it
 * live, and unknown after that.
 */
async function requiredImages(
  reader: CatalogReader,
  viewer: Viewer,
  ids: readonly string[],
): Promise<ImageRow[]> {
  const { rows, missing } = await findImages(reader, viewer, ids);
  if (missing.length === 0) return rows;
  const unknown = await unknownOf(reader, viewer, missing);
  if (unknown.length > 0) throw notFound('image', unknown);
  throw new ServiceError(
    'InvalidAMIID.Unavailable',
    `The image ID '${missing[0]}' is no longer available`,
  );
}

export const requiredImage = requiredRow<ImageRow, Viewer>(requiredImages);

/**
 * What a list by ids shows: as EC2 does, nothing where others answer that one is unavailable, nor,
 * for a while after its deregistration, where they answer that it is unknown.
 */
export async function listedImages(
  reader: CatalogReader,
  viewer: Viewer,
  ids: readonly string[],
  now: Date,
): Promise<ImageRow[]> {
  const { rows, missing } = await findImages(reader, viewer, ids);
  const unknown = await unknownOf(reader, viewer, missing, (image) => isShownGone(image, now));
  if (unknown.length > 0) throw notFound('image', unknown);
  return rows;
}

async function unknownOf(
  reader: CatalogReader,
  viewer: Viewer,
  missing: readonly string[],
  isKnown: (image: FormerImageRow) => boolean = () => false,
): Promise<string[]> {
  if (missing.length === 0) return [];
  const formers = await reader.formerImages.list({ where: { id: missing } });
  const seen = formers.filter((image) => seesImage(viewer, image));
  const known = seen.filter(isKnown).map(({ id }) => id);
  const referenced = await stillReferenced(reader, seen);
  return missing.filter((id) => !referenced.has(id) && !known.includes(id));
}

/** One that is the viewer's to change: another account's, even a public one, is refused. */
export async function requiredOwnImage(
  reader: CatalogReader,
  viewer: Viewer,
  id: string,
): Promise<ImageRow> {
  const image = await requiredImage(reader, viewer, id);
  if (image.account === viewer.account) return image;
  throw new ServiceError(
    'AuthFailure',
    `Not authorized for image ${image.id}: it belongs to account ${image.account}.`,
  );
}

/** Changes one's own image, in the transaction that has read it. */
export async function changeOwnImage(
  transaction: CatalogTransaction,
  viewer: Viewer,
  id: string,
  change: (image: ImageRow) => ImageRow,
): Promise<ImageRow> {
  const image = await requiredOwnImage(transaction, viewer, id);
  return transaction.images.update(change(image));
}

export function checkAvailable(image: ImageRow): void {
  if (image.state === 'available') return;
  throw new ServiceError(
    'InvalidAMIID.Unavailable',
    `The image ID '${image.id}' is not available; its state is ${image.state}.`,
  );
}

export function checkDescription(description: string | undefined): void {
  if (description === undefined || description.length <= descriptionMaxChars) return;
  throw new ServiceError(
    'InvalidParameterValue',
    `A description has at most ${descriptionMaxChars} characters.`,
  );
}

/** The name has EC2's form and is free in this account and region. */
export async function checkName(
  reader: CatalogReader,
  { account, region }: Viewer,
  name: string,
): Promise<void> {
  if (!namePattern.test(name)) {
    throw new ServiceError(
      'InvalidAMIName.Malformed',
      "AMI names must be between 3 and 128 characters long, and may contain letters, numbers, spaces, '(', ')', '[', ']', '.', '-', '/', ''', '@' and '_'.",
    );
  }
  const [other] = await reader.images.list({ where: { account, region, name }, limit: 1 });
  if (!other) return;
  throw new ServiceError(
    'InvalidAMIName.Duplicate',
    `AMI name ${name} is already in use by AMI ${other.id}`,
  );
}

/**
 * For an image that nobody names: who has taken that name already costs it no more than the end of
 * it.
 */
export async function freeName(
  reader: CatalogReader,
  { account, region }: Viewer,
  name: string,
  ids: Ids,
): Promise<string> {
  const isTaken = (await reader.images.count({ where: { account, region, name } })) > 0;
  return isTaken ? `${name}_${ids.uuid().slice(-8)}` : name;
}

/** EC2 deletes no snapshot that an image still needs. */
export async function imageUsing(
  reader: CatalogReader,
  snapshot: SnapshotRow,
  except?: ImageRow,
): Promise<ImageRow | undefined> {
  const images = await reader.images.list({ where: { snapshot: snapshot.id }, limit: 2 });
  return images.find(({ id }) => id !== except?.id);
}

/** What the system in an image needs and supports, and nothing of whose the image is. */
export function systemOf(image: ImageRow) {
  const { architecture, platform, rootDeviceName, bootMode, uefiData, tpmSupport } = image;
  const { imdsSupport, enaSupport, sriovNetSupport } = image;
  return {
    architecture,
    ...(platform && { platform }),
    rootDeviceName,
    ...(bootMode && { bootMode }),
    ...(uefiData !== undefined && { uefiData }),
    ...(tpmSupport && { tpmSupport }),
    ...(imdsSupport && { imdsSupport }),
    ...(enaSupport && { enaSupport }),
    ...(sriovNetSupport && { sriovNetSupport }),
  };
}

/** The same of an instance, whose image (or what it was) may have changed since. */
export function systemOfInstance(instance: InstanceRow, source: ImageRow | undefined) {
  const { architecture, platform, rootDeviceName, bootMode, uefiData, tpmSupport } = instance;
  const enaSupport = instance.enaSupport ?? source?.enaSupport;
  const sriovNetSupport = instance.sriovNetSupport ?? source?.sriovNetSupport;
  return {
    architecture,
    ...(platform && { platform }),
    rootDeviceName,
    ...(bootMode && { bootMode }),
    // Those that it began with: a copy of what its guest has made of them is RegisterImage's.
    ...(uefiData !== undefined && { uefiData }),
    ...(tpmSupport && { tpmSupport }),
    ...(source?.imdsSupport && { imdsSupport: source.imdsSupport }),
    ...(enaSupport && { enaSupport: true as const }),
    ...(sriovNetSupport && { sriovNetSupport }),
  };
}
