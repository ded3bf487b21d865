import type {
  RegisterImageRequest,
  RegisterImageResult,
} from '../../../../api/generated/ec2-types.ts';
import { ServiceError } from '../../../../api/service-error.ts';
import type { BlockDeviceMapping, ImageRow } from '../../../catalog/rows/image.ts';
import type { SnapshotRow } from '../../../catalog/rows/snapshot.ts';
import {
  checkAsSnapshots,
  type MappingRequest,
  markEncrypted,
  mergeMappings,
} from '../../../domain/block-device-mappings.ts';
import { checkDescription, checkName } from '../../../domain/images.ts';
import { productCodesOf } from '../../../domain/product-codes.ts';
import { recordManifest } from '../../../domain/provenance/image-manifests.ts';
import { snapshotsOfMappings } from '../../../domain/snapshots.ts';
import { tagsOfSpecifications } from '../../../domain/tags.ts';
import type { Operation } from '../../operation.ts';
import { acceptedMappings, mappingRequests } from '../../requests/block-device-mappings.ts';
import { oneOf } from '../../requests/fixed-values.ts';
import { fixedMappings } from '../../requests/launch-fixed.ts';
import { checkedTpmSupport, checkedUefiData } from '../../requests/uefi-data.ts';

export const registerImage: Operation<RegisterImageRequest, RegisterImageResult> = {
  accepts: [
    'Name',
    'Description',
    'Architecture',
    'VirtualizationType',
    'RootDeviceName',
    ...acceptedMappings,
    'BootMode',
    'UefiData',
    'TpmSupport',
    'ImdsSupport',
    'EnaSupport',
    'SriovNetSupport',
    'TagSpecifications',
  ],
  fixed: fixedMappings,
  async run(input, { catalog, caller, clock, ids, masterKey }) {
    const { Name: name, Description: description, RootDeviceName: rootDeviceName } = input;
    checkDescription(description);
    checkMachine(input);
    if (rootDeviceName === undefined) {
      throw new ServiceError('MissingParameter', 'The request must contain the RootDeviceName.');
    }
    const bootMode = oneOf('BootMode', input.BootMode, ['legacy-bios', 'uefi', 'uefi-preferred']);
    const uefiData = checkedUefiData(input.UefiData, bootMode);
    const tpmSupport = checkedTpmSupport(input.TpmSupport, bootMode);
    const imdsSupport = oneOf('ImdsSupport', input.ImdsSupport, ['v2.0']);
    const sriovNetSupport = oneOf('SriovNetSupport', input.SriovNetSupport, ['simple']);
    const tags = tagsOfSpecifications(input.TagSpecifications, ['image']).image;
    const requests = mappingRequests(input.BlockDeviceMappings);
    const id = ids.resource('ami');
    const now = clock.now();
    await catalog.write(async (transaction) => {
      await checkName(transaction, caller, name);
      const snapshots = await snapshotsOfMappings(transaction, caller, requests);
      const image: ImageRow = {
        id,
        account: caller.account,
        region: caller.region,
        createdAt: now.toISOString(),
        name,
        ...(description !== undefined && { description }),
        state: 'available',
        launchPermissions: [],
        architecture: 'x86_64',
        rootDeviceName,
        blockDeviceMappings: mappingsOf(snapshots, requests, rootDeviceName),
        ...productCodesOf(...snapshots),
        ...(bootMode && { bootMode }),
        ...(uefiData !== undefined && { uefiData }),
        ...(tpmSupport && { tpmSupport }),
        ...(imdsSupport && { imdsSupport }),
        ...(input.EnaSupport && { enaSupport: true }),
        ...(sriovNetSupport && { sriovNetSupport }),
        tags,
      };
      await transaction.images.insert(image);
      await recordManifest(transaction, image, { masterKey, now });
    });
    return { ImageId: id };
  },
};

/** EC2's own defaults are the machines of 2006: what is left out is asked for, not guessed. */
function checkMachine({ Architecture, VirtualizationType }: RegisterImageRequest): void {
  if (Architecture !== 'x86_64') {
    throw new ServiceError(
      'InvalidParameterValue',
      `Imago runs images of Architecture x86_64; say so. This request says ${Architecture ?? 'nothing, which is i386'}.`,
    );
  }
  if (VirtualizationType !== 'hvm') {
    throw new ServiceError(
      'InvalidParameterValue',
      `Imago runs images of VirtualizationType hvm; say so. This request says ${VirtualizationType ?? 'nothing, which is paravirtual'}.`,
    );
  }
}

function mappingsOf(
  snapshots: readonly SnapshotRow[],
  requests: readonly MappingRequest[],
  rootDeviceName: string,
): BlockDeviceMapping[] {
  checkAsSnapshots(requests, snapshots);
  const sizes = new Map(snapshots.map((row) => [row.id, row.volumeSizeGiB]));
  const mappings = mergeMappings([], requests, rootDeviceName, sizes);
  if (mappings[0]?.ebs.snapshotId !== undefined) return markEncrypted(mappings, snapshots);
  throw new ServiceError(
    'InvalidBlockDeviceMapping',
    `The root device ${rootDeviceName} needs a SnapshotId.`,
  );
}
