import type {
  CreateInstanceExportTaskRequest,
  CreateInstanceExportTaskResult,
} from '../../../../api/generated/ec2-types.ts';
import { ServiceError } from '../../../../api/service-error.ts';
import { checkDiskRoom } from '../../../domain/capacity.ts';
import { orderInstanceExport, targetEnvironments } from '../../../domain/export-instance.ts';
import { exportFormats } from '../../../domain/exports.ts';
import { checkFolder } from '../../../domain/file-places.ts';
import { checkDescription } from '../../../domain/images.ts';
import { tagsOfSpecifications } from '../../../domain/tags.ts';
import type { Operation } from '../../operation.ts';
import { oneOf } from '../../requests/fixed-values.ts';
import { exportTaskShape } from '../../shapes/exports.ts';

const type = 'export-instance-task';

/** A running guest runs on: its disk is as at a power cut, as that of any snapshot. */
export const createInstanceExportTask: Operation<
  CreateInstanceExportTaskRequest,
  CreateInstanceExportTaskResult
> = {
  accepts: [
    'InstanceId',
    'Description',
    'TargetEnvironment',
    'ExportToS3Task',
    'TagSpecifications',
  ],
  async run(input, { catalog, caller, clock, host, ids, site }) {
    const { InstanceId: instanceId, Description: description, ExportToS3Task: to } = input;
    checkDescription(description);
    const environment = oneOf('TargetEnvironment', input.TargetEnvironment, targetEnvironments);
    const { S3Bucket: folder, S3Prefix: prefix = '' } = to;
    if (folder === undefined || environment === undefined) {
      throw new ServiceError(
        'MissingParameter',
        'The request must contain the TargetEnvironment and the S3Bucket of the ExportToS3Task.',
      );
    }
    checkFolder(folder, site.filePlaces?.exportFolders ?? {});
    const container = oneOf('ContainerFormat', to.ContainerFormat, ['ova']);
    const format = oneOf('DiskImageFormat', to.DiskImageFormat, exportFormats) ?? 'VMDK';
    if (container && format !== 'VMDK') {
      throw new ServiceError('InvalidParameter', 'The disk in an OVA is a VMDK.');
    }
    const { [type]: tags } = tagsOfSpecifications(input.TagSpecifications, [type]);
    checkDiskRoom(await host.measure(), caller.region);
    const order = {
      instanceId,
      ...(description !== undefined && { description }),
      targetEnvironment: environment,
      format,
      ...(container && { container }),
      folder,
      prefix,
      tags,
    };
    const identity = { clock, ids, hostId: site.hostId };
    const row = await catalog.write((transaction) =>
      orderInstanceExport(transaction, caller, order, identity),
    );
    return { ExportTask: exportTaskShape(row) };
  },
};
