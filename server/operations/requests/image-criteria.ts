/** Criteria of allowed images as requests and answers have them. */
import type {
  ImageCriterion,
  ImageCriterionRequest,
  ImageWatermarkFilterResponse,
  ScanResultCondition,
} from '../../../api/generated/ec2-types.ts';
import type {
  AllowedImagesCriterion,
  ScanCriterion,
  WatermarkCriterion,
} from '../../catalog/rows/account.ts';
import { checkedSeverity } from '../../domain/provenance-criteria.ts';

export const acceptedCriteria = [
  'ImageCriteria.ImageProviders',
  'ImageCriteria.ImageNames',
  'ImageCriteria.MarketplaceProductCodes',
  'ImageCriteria.CreationDateCondition',
  'ImageCriteria.DeprecationTimeCondition',
  'ImageCriteria.ImageWatermarks',
  'ImageCriteria.ScanResultCondition',
];

export function readCriterion(criterion: ImageCriterionRequest): AllowedImagesCriterion {
  const { ScanResultCondition: scan, ImageWatermarks: watermarks } = criterion;
  return {
    imageProviders: criterion.ImageProviders,
    imageNames: criterion.ImageNames,
    productCodes: criterion.MarketplaceProductCodes,
    maxDaysSinceCreated: criterion.CreationDateCondition?.MaximumDaysSinceCreated,
    maxDaysSinceDeprecated: criterion.DeprecationTimeCondition?.MaximumDaysSinceDeprecated,
    watermarks: watermarks?.map(readWatermark),
    scan: scan && readScan(scan),
  };
}

function readWatermark(filter: ImageWatermarkFilterResponse): WatermarkCriterion {
  return {
    key: filter.WatermarkKey,
    sourceImageRegion: filter.SourceImageRegion,
    maxDaysSinceSourceCreated: filter.MaximumDaysSinceSourceImageCreated,
    maxDaysSinceAttached: filter.MaximumDaysSinceWatermarkCreated,
  };
}

const fixMembers = {
  informational: 'MaxDaysSinceInformationalFixAvailable',
  low: 'MaxDaysSinceLowFixAvailable',
  medium: 'MaxDaysSinceMediumFixAvailable',
  high: 'MaxDaysSinceHighFixAvailable',
  critical: 'MaxDaysSinceCriticalFixAvailable',
} as const satisfies Record<string, keyof ScanResultCondition>;

function readScan(condition: ScanResultCondition): ScanCriterion {
  const said = Object.entries(fixMembers).flatMap(([severity, member]) =>
    condition[member] === undefined ? [] : [[severity, condition[member]]],
  );
  return {
    maxDaysSinceScan: condition.MaxDaysSinceLastFindingScan,
    maximumSeverity: checkedSeverity(condition.MaximumSeverityLabel),
    maxDaysSinceFix: Object.fromEntries(said),
  };
}

export function criterionShape(criterion: AllowedImagesCriterion): ImageCriterion {
  const { maxDaysSinceCreated: created, maxDaysSinceDeprecated: deprecated, scan } = criterion;
  return {
    ImageProviders: criterion.imageProviders,
    ImageNames: criterion.imageNames,
    MarketplaceProductCodes: criterion.productCodes,
    CreationDateCondition: created === undefined ? undefined : { MaximumDaysSinceCreated: created },
    DeprecationTimeCondition:
      deprecated === undefined ? undefined : { MaximumDaysSinceDeprecated: deprecated },
    ImageWatermarks: criterion.watermarks?.map(watermarkShape),
    ScanResultCondition: scan && scanShape(scan),
  };
}

function watermarkShape(criterion: WatermarkCriterion): ImageWatermarkFilterResponse {
  return {
    WatermarkKey: criterion.key,
    SourceImageRegion: criterion.sourceImageRegion,
    MaximumDaysSinceSourceImageCreated: criterion.maxDaysSinceSourceCreated,
    MaximumDaysSinceWatermarkCreated: criterion.maxDaysSinceAttached,
  };
}

function scanShape({
  maxDaysSinceScan,
  maximumSeverity,
  maxDaysSinceFix,
}: ScanCriterion): ScanResultCondition {
  const fixes = Object.entries(fixMembers).map(([severity, member]) => [
    member,
    maxDaysSinceFix[severity as keyof typeof fixMembers],
  ]);
  return {
    MaxDaysSinceLastFindingScan: maxDaysSinceScan,
    MaximumSeverityLabel: maximumSeverity,
    ...Object.fromEntries(fixes),
  };
}
