import type {
  CreateStoreImageTaskRequest,
  CreateStoreImageTaskResult,
} from '../../../../api/generated/ec2-types.ts';
import { checkFolder } from '../../../domain/file-places.ts';
import { orderImageStore } from '../../../domain/stored-images.ts';
import type { Operation } from '../../operation.ts';

/** Into a folder that the operator allowed, which the request names as a bucket. */
export const createStoreImageTask: Operation<
  CreateStoreImageTaskRequest,
  CreateStoreImageTaskResult
> = {
  accepts: ['ImageId', 'Bucket'],
  async run({ ImageId: imageId, Bucket: folder }, { catalog, caller, clock, ids, site }) {
    checkFolder(folder, site.filePlaces?.exportFolders ?? {});
    const identity = { clock, ids, hostId: site.hostId };
    const row = await catalog.write((transaction) =>
      orderImageStore(transaction, caller, { imageId, folder }, identity),
    );
    return { ObjectKey: row.key };
  },
};
