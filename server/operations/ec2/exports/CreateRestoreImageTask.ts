import type {
  CreateRestoreImageTaskRequest,
  CreateRestoreImageTaskResult,
} from '../../../../api/generated/ec2-types.ts';
import { ServiceError } from '../../../../api/service-error.ts';
import { checkDiskRoom } from '../../../domain/capacity.ts';
import { checkFolder, noFilePlaces } from '../../../domain/file-places.ts';
import { checkedManifest, orderImageRestore } from '../../../domain/stored-images.ts';
import { tagsOfSpecifications } from '../../../domain/tags.ts';
import { openFolderFile } from '../../../transfers/folder-file.ts';
import { SourceRefused } from '../../../transfers/source-file.ts';
import { readManifest, StoredImageError } from '../../../transfers/stored-image.ts';
import type { Operation } from '../../operation.ts';
import { checkedTpmSupport, checkedUefiData } from '../../requests/uefi-data.ts';

/** The beginning of the file is read at once: it says what the image is to be. */
export const createRestoreImageTask: Operation<
  CreateRestoreImageTaskRequest,
  CreateRestoreImageTaskResult
> = {
  accepts: ['Bucket', 'ObjectKey', 'Name', 'TagSpecifications'],
  async run(input, { catalog, caller, clock, host, ids, masterKey, site }) {
    const { Bucket: folder, ObjectKey: key, Name: name } = input;
    const { exportFolders, importFolders } = site.filePlaces ?? noFilePlaces;
    const place = checkFolder(folder, { ...importFolders, ...exportFolders });
    const tags = tagsOfSpecifications(input.TagSpecifications, ['image', 'snapshot']);
    checkDiskRoom(await host.measure(), caller.region);
    const { manifest, validator } = await lookInto(place, key);
    const { bootMode, uefiData, tpmSupport } = manifest.system;
    checkedUefiData(uefiData, bootMode);
    checkedTpmSupport(tpmSupport, bootMode);
    const { image: imageTags, snapshot: snapshotTags } = tags;
    const order = { folder, key, validator, manifest, name, imageTags, snapshotTags };
    const identity = { clock, ids, masterKey, hostId: site.hostId };
    const image = await catalog.write((transaction) =>
      orderImageRestore(transaction, caller, order, identity),
    );
    return { ImageId: image.id };
  },
};

async function lookInto(folder: string, key: string) {
  try {
    const file = await openFolderFile(folder, key);
    try {
      return { manifest: checkedManifest(await readManifest(file)), validator: file.validator };
    } finally {
      await file.close();
    }
  } catch (error) {
    const isSaid = error instanceof SourceRefused || error instanceof StoredImageError;
    if (!isSaid && !(error instanceof SyntaxError)) throw error;
    const why = isSaid ? error.message : 'It is no image that was stored.';
    throw new ServiceError('InvalidParameterValue', `The object '${key}': ${why}`);
  }
}
