/**
 * What becomes of an image that is there, by its owner's will:
 *
 *   available <--EnableImage, DisableImage--> disabled
 *   any state --DeregisterImage--> a row of formerImages, in the recycle bin where a rule says so
 *
 * A disabled image is shared with nobody and launched by nobody. A deprecated one is only left out
 * of others' lists. A protected one is not deregistered, nor for a day after a protection with
 * cooldown was taken away. All of them answer the row as it becomes; images.ts says who sees it.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogTransaction } from '../catalog/catalog.ts';
import type { ImageRow } from '../catalog/rows/image.ts';
import { withoutMachine } from './backups/recorded-machine.ts';
import { checkImageIsNoPoint } from './backups/recovery-points.ts';
import { forgetCopiesOf } from './backups/remote-copies.ts';
import { checkAvailable } from './images.ts';
import { keptUntil } from './recycle-rules.ts';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
/** EC2's limits: from now, and, of a public image, from when it was made. */
const deprecationMaxYears = 10;
const publicDeprecationMaxYears = 2;
const cooldownMs = dayMs;

export function disabledImage(image: ImageRow): ImageRow {
  if (image.state === 'disabled') return image;
  checkAvailable(image);
  return { ...image, state: 'disabled', launchPermissions: [] };
}

/** Whom it was shared with before it was disabled does not come back. */
export function enabledImage(image: ImageRow): ImageRow {
  if (image.state === 'disabled') return { ...image, state: 'available' };
  checkAvailable(image);
  return image;
}

/** Seconds are rounded to the nearest minute. */
export function deprecatedImage(image: ImageRow, at: Date, now: Date): ImageRow {
  if (at < now) throw invalidDeprecation('cannot be in the past');
  const latest = yearsAfter(now, deprecationMaxYears);
  if (at > latest) throw invalidDeprecation(`is at most ${deprecationMaxYears} years from now`);
  const isPublic = image.launchPermissions.includes('all');
  if (isPublic && at > yearsAfter(new Date(image.createdAt), publicDeprecationMaxYears)) {
    throw invalidDeprecation(
      `of a public image is at most ${publicDeprecationMaxYears} years after its creation`,
    );
  }
  const rounded = new Date(Math.round(at.getTime() / minuteMs) * minuteMs);
  return { ...image, deprecationTime: rounded.toISOString() };
}

export function isDeprecated({ deprecationTime }: ImageRow, now: Date): boolean {
  return deprecationTime !== undefined && deprecationTime <= now.toISOString();
}

/** Setting a protection without cooldown is no way around the cooldown of the one before. */
export function protectedImage(image: ImageRow, now: Date, withCooldown: boolean): ImageRow {
  const deregistrationProtection = withCooldown
    ? 'enabled-with-cooldown'
    : 'enabled-without-cooldown';
  return { ...unprotectedImage(image, now), deregistrationProtection };
}

export function unprotectedImage(image: ImageRow, now: Date): ImageRow {
  const { deregistrationProtection, ...rest } = image;
  if (deregistrationProtection !== 'enabled-with-cooldown') return rest;
  return { ...rest, cooldownUntil: new Date(now.getTime() + cooldownMs).toISOString() };
}

/**
 * Its deregistration, which is refused while it is protected, or a recovery point. One that never was
 * available is not kept in the recycle bin.
 */
export async function retireImage(
  transaction: CatalogTransaction,
  { version: _, ...image }: ImageRow,
  now: Date,
): Promise<void> {
  checkDeregistrable(image, now);
  await checkImageIsNoPoint(transaction, image);
  const { images, formerImages } = transaction;
  const made = image.state === 'available' || image.state === 'disabled';
  const until = made ? await keptUntil(transaction, 'EC2_IMAGE', image, now) : undefined;
  await images.delete(image.id);
  const deregisteredAt = now.toISOString();
  const kept = until === undefined ? withoutMachine(image) : image;
  await formerImages.insert({ ...kept, deregisteredAt, recycledUntil: until });
  await forgetCopiesOf(transaction, image, image.id);
}

function checkDeregistrable(image: ImageRow, now: Date): void {
  const { id, deregistrationProtection, cooldownUntil } = image;
  if (deregistrationProtection) {
    throw notPermitted(`The image ${id} has deregistration protection; disable that first.`);
  }
  if (cooldownUntil !== undefined && now.toISOString() < cooldownUntil) {
    throw notPermitted(
      `The image ${id} had deregistration protection with a cooldown and cannot be deregistered before ${cooldownUntil}.`,
    );
  }
}

function yearsAfter(date: Date, years: number): Date {
  const later = new Date(date);
  later.setUTCFullYear(later.getUTCFullYear() + years);
  return later;
}

function invalidDeprecation(message: string): ServiceError {
  return new ServiceError('InvalidParameterValue', `The time to deprecate an image ${message}.`);
}

function notPermitted(message: string): ServiceError {
  return new ServiceError('OperationNotPermitted', message);
}
