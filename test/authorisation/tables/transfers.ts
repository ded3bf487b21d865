/** Imports of disk files, and exports to them. */
import { orderInstanceExport } from '../../../server/domain/export-instance.ts';
import { orderImageExport } from '../../../server/domain/exports.ts';
import { orderImageImport, orderSnapshotImport } from '../../../server/domain/imports.ts';
import type { OperationContext } from '../../../server/operations/operation.ts';
import { insertImage, insertProviderImage } from '../../../server/operations/test-images.ts';
import { insertRunningInstance } from '../../../server/operations/test-instances.ts';
import { type AuthorisationTable, byOne, kmsKeyId } from '../table.ts';

const url = 'client://disk.raw';
const disk = { format: 'RAW', source: { url } };

function identityOf({ clock, ids, masterKey, site }: OperationContext) {
  return { clock, ids, masterKey, hostId: site.hostId };
}

export const table: AuthorisationTable = {
  nouns: {
    instanceExport: {
      async make(context) {
        const image = await insertProviderImage(context);
        const { id: instanceId } = await insertRunningInstance(context, image, {
          BlockDeviceMappings: [],
        });
        const where = { folder: 'disks', prefix: '' };
        const how = { format: 'VMDK', targetEnvironment: 'vmware' } as const;
        const order = { instanceId, ...where, ...how, tags: {} };
        return context.catalog.write(async (transaction) => {
          const { caller } = context;
          return (await orderInstanceExport(transaction, caller, order, identityOf(context))).id;
        });
      },
      missing: 'export-i-0fedcba9876543210',
      unseen: 'InvalidExportTaskID.NotFound',
    },

    snapshotImport: {
      make: (context) =>
        context.catalog.write(async (transaction) => {
          const order = { disk, tags: {} };
          const { caller } = context;
          return (await orderSnapshotImport(transaction, caller, order, identityOf(context))).id;
        }),
      missing: 'import-snap-0fedcba9876543210',
      unseen: 'InvalidConversionTaskId',
    },
    imageImport: {
      make: (context) =>
        context.catalog.write(async (transaction) => {
          const order = { disks: [disk], tags: {} };
          const { caller } = context;
          return (await orderImageImport(transaction, caller, order, identityOf(context))).id;
        }),
      missing: 'import-ami-0fedcba9876543210',
      unseen: 'InvalidConversionTaskId',
    },
    imageExport: {
      async make(context) {
        const { id: imageId } = await insertImage(context);
        const order = { imageId, format: 'RAW', folder: 'disks', prefix: '', tags: {} } as const;
        return context.catalog.write(async (transaction) => {
          const { caller } = context;
          return (await orderImageExport(transaction, caller, order, identityOf(context))).id;
        });
      },
      missing: 'export-ami-0fedcba9876543210',
      unseen: 'InvalidExportTaskID.NotFound',
    },
  },
  actions: {
    // That instance has two volumes.
    'ec2.CreateInstanceExportTask': byOne('InstanceId', 'instance', {
      owner: 'UnsupportedOperation',
      with: { TargetEnvironment: 'vmware', ExportToS3Task: { S3Bucket: 'disks' } },
    }),
    'ec2.DescribeExportTasks': byOne('ExportTaskIds', 'instanceExport'),

    'ec2.ImportSnapshot': {
      with: { DiskContainer: { Format: 'RAW', Url: url } },
      names: [kmsKeyId],
    },
    'ec2.ImportImage': {
      names: [
        { path: 'DiskContainers.SnapshotId', noun: 'snapshot', seen: 'ok' },
        {
          ...kmsKeyId,
          with: { Encrypted: true, DiskContainers: [{ Format: 'RAW', Url: url }] },
        },
      ],
    },
    'ec2.DescribeImportSnapshotTasks': byOne('ImportTaskIds', 'snapshotImport'),
    'ec2.DescribeImportImageTasks': byOne('ImportTaskIds', 'imageImport'),
    'ec2.CancelImportTask': {
      names: [
        { path: 'ImportTaskId', noun: 'snapshotImport' },
        { path: 'ImportTaskId', noun: 'imageImport' },
      ],
    },
    'ec2.ExportImage': byOne('ImageId', 'image', {
      seen: 'InvalidRequest',
      with: { DiskImageFormat: 'RAW', S3ExportLocation: { S3Bucket: 'disks' } },
    }),
    'ec2.DescribeExportImageTasks': byOne('ExportImageTaskIds', 'imageExport'),
    'ec2.CancelExportTask': byOne('ExportTaskId', 'imageExport'),
    'ec2.CreateStoreImageTask': byOne('ImageId', 'image', {
      seen: 'InvalidRequest',
      with: { Bucket: 'disks' },
    }),
    // Whose image it was the file says: tasks/store-image.test.ts.
    'ec2.CreateRestoreImageTask': {
      with: { Bucket: 'disks', ObjectKey: 'none.bin' },
      plain: ['Name'],
    },
    // Of one's own tasks those of these images.
    'ec2.DescribeStoreImageTasks': { plain: ['ImageIds'] },
    'imago.DownloadImage': byOne('ImageId', 'image', {
      connects: true,
      seen: 'InvalidRequest',
      with: { Format: 'raw' },
    }),
    'imago.OfferFile': byOne('ImportTaskId', 'snapshotImport', {
      connects: true,
      with: { Url: url },
    }),
  },
};
