import type {
  ImportSnapshotRequest,
  ImportSnapshotResult,
} from '../../../../api/generated/ec2-types.ts';
import { checkDiskRoom } from '../../../domain/capacity.ts';
import { idempotently } from '../../../domain/client-tokens.ts';
import { checkDescription } from '../../../domain/images.ts';
import { orderSnapshotImport, requiredSnapshotImports } from '../../../domain/imports.ts';
import { tagsOfSpecifications } from '../../../domain/tags.ts';
import type { Operation } from '../../operation.ts';
import {
  acceptedClientData,
  acceptedContainer,
  clientDataOf,
  containerOf,
} from '../../requests/disk-containers.ts';
import { importSnapshotShape } from '../../shapes/imports.ts';

const action = 'ImportSnapshot';
const type = 'import-snapshot-task';

/** Nothing in the disk is looked at: it need not hold a system. */
export const importSnapshot: Operation<ImportSnapshotRequest, ImportSnapshotResult> = {
  accepts: [
    'ClientToken',
    'Description',
    'Encrypted',
    'KmsKeyId',
    ...acceptedClientData,
    ...acceptedContainer.map((member) => `DiskContainer.${member}`),
    'TagSpecifications',
  ],
  // There are no roles: what may be read the operator of this Imago says.
  fixed: { RoleName: 'vmimport' },
  async run(input, { catalog, caller, clock, host, ids, masterKey, site }) {
    const { Description: description } = input;
    checkDescription(description);
    const disk = containerOf(input.DiskContainer, site.filePlaces);
    const clientData = clientDataOf(input.ClientData);
    const encryption = { encrypted: input.Encrypted, kmsKeyId: input.KmsKeyId || undefined };
    const { [type]: tags } = tagsOfSpecifications(input.TagSpecifications, [type]);
    checkDiskRoom(await host.measure(), caller.region);
    const token = input.ClientToken;
    const call = { ...caller, action, token, parameters: input, now: clock.now() };
    const identity = { clock, ids, masterKey, hostId: site.hostId };
    return catalog.write(async (transaction) => {
      const made = await idempotently(transaction, call, async () => {
        const order = { description, clientData, disk, tags, ...encryption };
        return [(await orderSnapshotImport(transaction, caller, order, identity)).id];
      });
      const [row] = await requiredSnapshotImports(transaction, caller, made);
      return row ? importSnapshotShape(row) : {};
    });
  },
};
