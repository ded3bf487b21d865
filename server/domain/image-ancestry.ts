/** What an image was made of, and that of what: captured or copied, in whatever region. */
import type { CatalogReader } from '../catalog/catalog.ts';
import type { ImageRow } from '../catalog/rows/image.ts';
import { imageOrFormer } from './former-images.ts';
import { requiredImage, seesImage } from './images.ts';
import type { Viewer } from './viewer.ts';

/** More generations than anybody has made; each is read by its id. */
const generationsMax = 1000;

/**
 * From the image to the first; one that has been deregistered is among them, and one that the
 * viewer does not see ends them: only its id is known then.
 */
export async function ancestry(
  reader: CatalogReader,
  viewer: Viewer,
  id: string,
): Promise<ImageRow[]> {
  const images = [await requiredImage(reader, viewer, id)];
  while (images.length < generationsMax) {
    const { sourceImageId } = images.at(-1) as ImageRow;
    const source = sourceImageId && (await imageOrFormer(reader, sourceImageId));
    if (!source || !seesImage({ ...viewer, region: source.region }, source)) break;
    images.push(source);
  }
  return images;
}
