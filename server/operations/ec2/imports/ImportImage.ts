import type { ImportImageRequest, ImportImageResult } from '../../../../api/generated/ec2-types.ts';
import { checkDiskRoom } from '../../../domain/capacity.ts';
import { idempotently } from '../../../domain/client-tokens.ts';
import { checkDescription } from '../../../domain/images.ts';
import { orderImageImport, requiredImageImports } from '../../../domain/imports.ts';
import { tagsOfSpecifications } from '../../../domain/tags.ts';
import type { Operation } from '../../operation.ts';
import {
  acceptedClientData,
  acceptedContainer,
  clientDataOf,
  imageContainersOf,
} from '../../requests/disk-containers.ts';
import { oneOf } from '../../requests/fixed-values.ts';
import { importImageShape } from '../../shapes/imports.ts';

const action = 'ImportImage';
const type = 'import-image-task';

export const importImage: Operation<ImportImageRequest, ImportImageResult> = {
  accepts: [
    'BootMode',
    'ClientToken',
    'Description',
    'Encrypted',
    'KmsKeyId',
    ...acceptedClientData,
    ...[...acceptedContainer, 'DeviceName', 'SnapshotId'].map((each) => `DiskContainers.${each}`),
    'Platform',
    'TagSpecifications',
  ],
  fixed: {
    Architecture: 'x86_64',
    Hypervisor: 'xen',
    // There are no roles: what may be read the operator of this Imago says.
    RoleName: 'vmimport',
    // A licence that the system has it keeps; there is none to give.
    LicenseType: 'BYOL',
  },
  async run(input, { catalog, caller, clock, host, ids, masterKey, site }) {
    const { Description: description } = input;
    checkDescription(description);
    const order = {
      encrypted: input.Encrypted,
      kmsKeyId: input.KmsKeyId || undefined,
      description,
      clientData: clientDataOf(input.ClientData),
      disks: imageContainersOf(input.DiskContainers, site.filePlaces),
      // As EC2, which takes no `uefi-preferred` here.
      bootMode: oneOf('BootMode', input.BootMode, ['legacy-bios', 'uefi']),
      platform: oneOf('Platform', input.Platform, ['Linux', 'Windows']),
      tags: tagsOfSpecifications(input.TagSpecifications, [type])[type],
    };
    checkDiskRoom(await host.measure(), caller.region);
    const token = input.ClientToken;
    const call = { ...caller, action, token, parameters: input, now: clock.now() };
    const identity = { clock, ids, masterKey, hostId: site.hostId };
    return catalog.write(async (transaction) => {
      const made = await idempotently(transaction, call, async () => [
        (await orderImageImport(transaction, caller, order, identity)).id,
      ]);
      const [row] = await requiredImageImports(transaction, caller, made);
      return row ? importImageShape(row) : {};
    });
  },
};
