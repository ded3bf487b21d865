import { newProduct, newReport } from '../../../server/operations/test-images.ts';
import { type AuthorisationTable, byOne, ownOnly } from '../table.ts';

/** Which of one's own reports are meant: what images there are it does not tell. */
const reportFilter = { plain: ['ImageIds'] };

export const table: AuthorisationTable = {
  nouns: {
    usageReport: {
      make: async (context) => (await newReport(context)).id,
      missing: 'amiur-0fedcba9876543210',
      unseen: 'InvalidImageUsageReportId.NotFound',
    },
    /** With nothing to launch yet: its vendor's alone. */
    product: {
      make: async (context) => (await newProduct(context)).id,
      missing: 'a0000000000000000000000z9',
      unseen: 'NoSuchEntity',
    },
  },
  actions: {
    'ec2.CreateImageUsageReport': {
      with: { ResourceTypes: [{ ResourceType: 'ec2:Instance' }] },
      plain: ['AccountIds', 'ResourceTypes.ResourceTypeOptions.OptionName'],
      names: [{ path: 'ImageId', noun: 'image', seen: 'AuthFailure' }],
    },
    'ec2.DeleteImageUsageReport': byOne('ReportId', 'usageReport'),
    'ec2.DescribeImageReferences': byOne('ImageIds', 'image', {
      seen: 'ok',
      with: { IncludeAllResourceTypes: true },
      plain: ['ResourceTypes.ResourceTypeOptions.OptionName'],
    }),
    'ec2.DescribeImageUsageReportEntries': byOne('ReportIds', 'usageReport', reportFilter),
    'ec2.DescribeImageUsageReports': byOne('ReportIds', 'usageReport', reportFilter),
    'imago.CheckImage': byOne('ImageId', 'image', { seen: 'AuthFailure' }),
    'ec2.AttachImageWatermark': byOne('ImageId', 'image', {
      seen: 'AuthFailure',
      with: { WatermarkName: 'approved' },
      plain: ['WatermarkName'],
    }),
    'ec2.DetachImageWatermark': byOne('ImageId', 'image', {
      seen: 'AuthFailure',
      with: { WatermarkKey: '123456789012:approved' },
    }),
    'ec2.GetImageAncestry': byOne('ImageId', 'image', { seen: 'ok' }),
    'ec2.GetImageFindings': byOne('ImageId', 'image', { seen: 'ok' }),
    'imago.DescribeProduct': byOne('ProductCode', 'product', { operator: 'ok' }),
    'imago.ListProducts': ownOnly,
    'imago.PublishProduct': {
      with: { Title: 'made by the matrix' },
      plain: ['ProductCode'],
      names: [{ path: 'ImageId', noun: 'image', seen: 'AuthFailure' }],
    },
    'imago.RetireProduct': byOne('ProductCode', 'product', { operator: 'ok' }),
    'imago.SubscribeProduct': byOne('ProductCode', 'product', { operator: 'ok' }),
    'imago.UnsubscribeProduct': byOne('ProductCode', 'product', { operator: 'ok' }),
  },
};
