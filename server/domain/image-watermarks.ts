/**
 * Watermarks: what an owner attaches to an image goes on to all that is made of it, be it captured
 * or copied, by whomever. Detaching it there, or here, changes only that image.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { ImageRow } from '../catalog/rows/image.ts';
import { notPermitted } from './accounts.ts';

const namePattern = /^[A-Za-z0-9()[\] ./\-'@_]{3,128}$/;
/** Far more than generations of owners attach. */
const watermarksMax = 100;

export function watermarkKey(account: string, name: string): string {
  if (namePattern.test(name)) return `${account}:${name}`;
  throw new ServiceError(
    'InvalidParameterValue',
    "The name of a watermark has 3 to 128 letters, numbers, spaces, '(', ')', '[', ']', '.', '-', '/', ''', '@' and '_'.",
  );
}

export function checkWatermarkKey(key: string): void {
  const [, name] = /^\d{12}:(.*)$/s.exec(key) ?? [];
  if (name !== undefined && namePattern.test(name)) return;
  throw new ServiceError(
    'InvalidParameterValue',
    `'${key}' is not the key of a watermark: an account and a name, such as 123456789012:approved.`,
  );
}

/** One that the image has already stays as it is. */
export function withWatermark(image: ImageRow, key: string, now: Date): ImageRow {
  if (image.launchPermissions.includes('all')) {
    throw notPermitted(`The image ${image.id} is public, and watermarks cannot be added to it.`);
  }
  const { id, region, createdAt, watermarks = [] } = image;
  if (watermarks.some((each) => each.key === key)) return image;
  if (watermarks.length >= watermarksMax) {
    throw new ServiceError(
      'ResourceLimitExceeded',
      `The image ${id} cannot have more than ${watermarksMax} watermarks.`,
    );
  }
  const watermark = {
    key,
    sourceImageId: id,
    sourceImageRegion: region,
    sourceImageCreatedAt: createdAt,
    attachedAt: now.toISOString(),
  };
  return { ...image, watermarks: [...watermarks, watermark] };
}

export function withoutWatermark(image: ImageRow, key: string): ImageRow {
  const { watermarks = [], ...rest } = image;
  return {
    ...rest,
    ...watermarksOf({ watermarks: watermarks.filter((each) => each.key !== key) }),
  };
}

/** What an image that is made of this one has of it; nothing where there are none. */
export function watermarksOf({ watermarks = [] }: Pick<ImageRow, 'watermarks'> = {}) {
  return watermarks.length > 0 ? { watermarks } : {};
}
