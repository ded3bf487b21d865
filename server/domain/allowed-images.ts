/**
 * Allowed AMIs: which of others' images an account lets itself see and launch, by criteria of its
 * own. One's own images are always allowed. In audit mode nothing is hidden, only shown what would.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogReader } from '../catalog/catalog.ts';
import { matchesTokens, patternTokens } from '../catalog/pattern.ts';
import type { AccountSettings, AllowedImagesCriterion } from '../catalog/rows/account.ts';
import type { ImageRow } from '../catalog/rows/image.ts';
import { settingsOf } from './account-settings.ts';
import { isDeprecated } from './image-states.ts';
import { daysOf, meetsScan, meetsWatermarks } from './provenance-criteria.ts';
import { notFound } from './resource-ids.ts';
import type { Viewer } from './viewer.ts';

const dayMs = 24 * 3_600_000;
/** EC2's limits. */
const criteriaMax = 10;
const providersMax = 200;
const valuesMax = 50;
const daysMax = 2_147_483_647;
/** Stands alone, and allows nothing but one's own. */
const none = 'none';
const providerPattern = /^(amazon|aws-marketplace|aws-backup-vault|none|\d{12})$/;
const productCodePattern = /^[A-Za-z0-9]{1,25}$/;
const namePattern =
  /^(?!.{0,2}$)[A-Za-z0-9()[\] ./\-'@_*?]{1,128}$|^[A-Za-z0-9()[\] ./\-'@_*]{1,2}$/;

export interface AllowedImages {
  /** Images that are not allowed do not exist for the account. */
  enforced: boolean;
  /** Undefined where there are no such settings. */
  isAllowed(image: ImageRow): boolean | undefined;
}

export async function readAllowedImages(
  reader: CatalogReader,
  viewer: Viewer,
  now: Date,
): Promise<AllowedImages> {
  const settings = await settingsOf(reader, viewer);
  const { allowedImagesState: state } = settings;
  return {
    enforced: state === 'enabled',
    isAllowed: (image) => state && meetsCriteria(image, viewer, settings, now),
  };
}

/** Of an image that is to be used: one that the viewer does not allow itself is as good as none. */
export async function checkAllowed(
  reader: CatalogReader,
  viewer: Viewer,
  image: ImageRow,
  now: Date,
): Promise<void> {
  if (image.account === viewer.account) return;
  const { enforced, isAllowed } = await readAllowedImages(reader, viewer, now);
  if (enforced && !isAllowed(image)) throw notFound('image', [image.id]);
}

/** One of the criteria is met, all that it says. No criteria are met by nothing. */
function meetsCriteria(
  image: ImageRow,
  { account }: Viewer,
  { allowedImagesCriteria = [] }: AccountSettings,
  now: Date,
): boolean {
  return image.account === account || allowedImagesCriteria.some((each) => meets(image, each, now));
}

function meets(image: ImageRow, criterion: AllowedImagesCriterion, now: Date): boolean {
  const { imageProviders, imageNames, productCodes } = criterion;
  const { maxDaysSinceCreated, maxDaysSinceDeprecated, watermarks, scan } = criterion;
  const isWithin = (since: string, days: number) =>
    now.getTime() - Date.parse(since) <= days * dayMs;
  const ofProvider = (provider: string) =>
    provider === image.account || provider === image.ownerAlias;
  const named = (name: string) => matchesTokens(patternTokens(name), image.name);
  return (
    (imageProviders?.some(ofProvider) ?? true) &&
    (imageNames?.some(named) ?? true) &&
    (productCodes?.some((code) => image.productCodes?.includes(code)) ?? true) &&
    (watermarks === undefined || meetsWatermarks(image, watermarks, now)) &&
    (scan === undefined || meetsScan(image, scan, now)) &&
    (maxDaysSinceCreated === undefined || isWithin(image.createdAt, maxDaysSinceCreated)) &&
    (maxDaysSinceDeprecated === undefined ||
      !isDeprecated(image, now) ||
      (maxDaysSinceDeprecated > 0 && isWithin(image.deprecationTime ?? '', maxDaysSinceDeprecated)))
  );
}

/** In the order in which they were given. */
export function checkedCriteria(
  criteria: readonly AllowedImagesCriterion[],
): AllowedImagesCriterion[] {
  if (criteria.length > criteriaMax) {
    throw invalid(`There are at most ${criteriaMax} criteria.`);
  }
  for (const criterion of criteria) checkCriterion(criterion);
  return [...criteria];
}

function checkCriterion(criterion: AllowedImagesCriterion): void {
  const { imageProviders, imageNames, productCodes } = criterion;
  if (Object.values(criterion).every((value) => value === undefined)) {
    throw invalid('A criterion says at least one thing.');
  }
  checkValues('ImageProviders', imageProviders, providerPattern, providersMax);
  checkValues('ImageNames', imageNames, namePattern, valuesMax);
  checkValues('MarketplaceProductCodes', productCodes, productCodePattern, valuesMax);
  if (imageProviders?.includes(none) && imageProviders.length > 1) {
    throw invalid(`The image provider '${none}' cannot be specified with others.`);
  }
  const { watermarks, scan, maxDaysSinceCreated, maxDaysSinceDeprecated } = criterion;
  if ((watermarks?.length ?? 0) > valuesMax) {
    throw invalid(`ImageWatermarks has at most ${valuesMax} values.`);
  }
  const ofProvenance = daysOf(watermarks, scan);
  for (const days of [maxDaysSinceCreated, maxDaysSinceDeprecated, ...ofProvenance]) {
    if (days !== undefined && (days < 0 || days > daysMax)) {
      throw invalid(`A number of days is from 0 to ${daysMax}.`);
    }
  }
}

function checkValues(
  member: string,
  values: readonly string[] | undefined,
  pattern: RegExp,
  max: number,
): void {
  if (values === undefined) return;
  if (values.length > max) throw invalid(`${member} has at most ${max} values.`);
  const wrong = values.find((value) => !pattern.test(value));
  if (wrong !== undefined) throw invalid(`Invalid value '${wrong}' for ${member}.`);
}

function invalid(message: string): ServiceError {
  return new ServiceError('InvalidParameterValue', message);
}
