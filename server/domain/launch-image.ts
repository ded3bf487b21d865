/**
 * The image of a launch: one that the launcher sees and may use, for the type that is asked for.
 */
import type { CatalogReader } from '../catalog/catalog.ts';
import type { ImageRow } from '../catalog/rows/image.ts';
import { checkAllowed } from './allowed-images.ts';
import { checkTypeOfImage } from './image-instance-types.ts';
import { checkAvailable, requiredImage } from './images.ts';
import { checkSubscribed } from './product-codes.ts';
import { checkSigned } from './provenance/launch-policy.ts';
import { resolveImageId } from './resolve-image-id.ts';
import type { Viewer } from './viewer.ts';

/** As exact as the time of an image's last launch is kept: its row is not written at each. */
const launchTimeMs = 3_600_000;

interface LaunchedImage {
  imageId: string;
  instanceType: string;
}

export async function launchableImage(
  reader: CatalogReader,
  viewer: Viewer,
  { imageId, instanceType }: LaunchedImage,
  now: Date,
): Promise<ImageRow> {
  const image = await requiredImage(reader, viewer, imageId);
  await checkAllowed(reader, viewer, image, now);
  checkAvailable(image);
  await checkSubscribed(reader, viewer, image);
  checkTypeOfImage(image, instanceType);
  await checkSigned(reader, viewer, image);
  return image;
}

/** The same, where a parameter may stand for the image's id. */
export async function namedImage(
  reader: CatalogReader,
  viewer: Viewer,
  { imageId: named, instanceType }: LaunchedImage,
  now: Date,
): Promise<ImageRow> {
  const imageId = await resolveImageId(reader, viewer, named, now);
  return launchableImage(reader, viewer, { imageId, instanceType }, now);
}

/** The image with the time of this launch; undefined when that of an earlier one says as much. */
export function launchedImage(image: ImageRow, now: Date): ImageRow | undefined {
  const { lastLaunchedAt } = image;
  if (lastLaunchedAt && now.getTime() - Date.parse(lastLaunchedAt) < launchTimeMs) return undefined;
  return { ...image, lastLaunchedAt: now.toISOString() };
}
