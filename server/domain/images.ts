/**
 * Images (AMIs): who sees them, what they may be called, and their states:
 *
 *   CreateImage --> pending --captured--> available --DeregisterImage--> (no row)
 *                      \--capture failed--> failed --DeregisterImage--> (no row)
 *   RegisterImage ---------------------> available
 *
 * It knows nothing of captures (tasks/create-image.ts) and blocks.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogReader } from '../catalog/catalog.ts';
import { type ImageRow, imageViewers } from '../catalog/rows/image.ts';
import type { SnapshotRow } from '../catalog/rows/snapshot.ts';
import { requiredRow, requiredRows } from './resource-ids.ts';
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

export const requiredImages = requiredRows('image', seesImage);
export const requiredImage = requiredRow(requiredImages);

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

/** EC2 deletes no snapshot that an image still needs. */
export async function imageUsing(
  reader: CatalogReader,
  snapshot: SnapshotRow,
  except?: ImageRow,
): Promise<ImageRow | undefined> {
  const images = await reader.images.list({ where: { snapshot: snapshot.id }, limit: 2 });
  return images.find(({ id }) => id !== except?.id);
}
