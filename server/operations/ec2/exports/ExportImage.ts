import type { ExportImageRequest, ExportImageResult } from '../../../../api/generated/ec2-types.ts';
import { ServiceError } from '../../../../api/service-error.ts';
import { idempotently } from '../../../domain/client-tokens.ts';
import { exportFormats, orderImageExport, requiredImageExports } from '../../../domain/exports.ts';
import { checkFolder } from '../../../domain/file-places.ts';
import { checkDescription } from '../../../domain/images.ts';
import { tagsOfSpecifications } from '../../../domain/tags.ts';
import type { Operation } from '../../operation.ts';
import { oneOf } from '../../requests/fixed-values.ts';
import { exportImageTaskShape } from '../../shapes/exports.ts';

const action = 'ExportImage';
const type = 'export-image-task';

/** Into a folder that the operator allowed, which the request names as a bucket. */
export const exportImage: Operation<ExportImageRequest, ExportImageResult> = {
  accepts: [
    'ClientToken',
    'Description',
    'DiskImageFormat',
    'ImageId',
    'S3ExportLocation',
    'TagSpecifications',
  ],
  // There are no roles: what may be written the operator of this Imago says.
  fixed: { RoleName: 'vmimport' },
  async run(input, { catalog, caller, clock, ids, site }) {
    const { Description: description, ImageId: imageId, S3ExportLocation: location } = input;
    checkDescription(description);
    const format = oneOf('DiskImageFormat', input.DiskImageFormat, exportFormats);
    const { S3Bucket: folder, S3Prefix: prefix = '' } = location ?? {};
    if (folder === undefined || format === undefined) {
      throw new ServiceError(
        'MissingParameter',
        'The request must contain the DiskImageFormat and the S3Bucket of the S3ExportLocation.',
      );
    }
    checkFolder(folder, site.filePlaces?.exportFolders ?? {});
    const { [type]: tags } = tagsOfSpecifications(input.TagSpecifications, [type]);
    const token = input.ClientToken;
    const call = { ...caller, action, token, parameters: input, now: clock.now() };
    const identity = { clock, ids, hostId: site.hostId };
    return catalog.write(async (transaction) => {
      const made = await idempotently(transaction, call, async () => {
        const order = { imageId, description, format, folder, prefix, tags };
        return [(await orderImageExport(transaction, caller, order, identity)).id];
      });
      const [row] = await requiredImageExports(transaction, caller, made);
      return row
        ? { ...exportImageTaskShape(row), DiskImageFormat: row.format, RoleName: input.RoleName }
        : {};
    });
  },
};
