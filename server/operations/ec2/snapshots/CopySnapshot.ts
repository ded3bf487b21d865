import type {
  CopySnapshotRequest,
  CopySnapshotResult,
} from '../../../../api/generated/ec2-types.ts';
import { ServiceError } from '../../../../api/service-error.ts';
import { checkDiskRoom } from '../../../domain/capacity.ts';
import { orderSnapshotCopy } from '../../../domain/copies.ts';
import { checkDescription } from '../../../domain/images.ts';
import { checkedRegions } from '../../../domain/site.ts';
import { tagsOfSpecifications } from '../../../domain/tags.ts';
import type { Operation } from '../../operation.ts';
import { tagList } from '../../shapes/tags.ts';

/** Into the region of the request. */
export const copySnapshot: Operation<CopySnapshotRequest, CopySnapshotResult> = {
  accepts: [
    'SourceRegion',
    'SourceSnapshotId',
    'Description',
    'TagSpecifications',
    'DestinationRegion',
    'PresignedUrl',
    'Encrypted',
    'KmsKeyId',
  ],
  async run(input, { catalog, caller, clock, host, ids, masterKey, site }) {
    const { SourceRegion: sourceRegion, SourceSnapshotId: sourceId, Description = '' } = input;
    checkedRegions(site, [sourceRegion]);
    checkDestination(input, caller.region);
    checkDescription(Description);
    checkDiskRoom(await host.measure(), caller.region);
    const tags = tagsOfSpecifications(input.TagSpecifications, ['snapshot']).snapshot;
    const encryption = { encrypted: input.Encrypted, kmsKeyId: input.KmsKeyId || undefined };
    const order = { sourceRegion, sourceId, description: Description, tags, ...encryption };
    const identity = { clock, ids, masterKey, hostId: site.hostId };
    const copy = await catalog.write((transaction) =>
      orderSnapshotCopy(transaction, caller, order, identity),
    );
    return { SnapshotId: copy.id, Tags: tagList(copy.tags) };
  },
};

/**
 * SDKs send both without being asked, from the time when the source's region had to be asked on the
 * caller's behalf. The caller reads there what it reads anyway: here they have to agree with the
 * rest of the request.
 */
function checkDestination(
  { DestinationRegion, PresignedUrl, SourceSnapshotId }: CopySnapshotRequest,
  region: string,
): void {
  if (DestinationRegion !== undefined && DestinationRegion !== region) {
    throw new ServiceError(
      'InvalidParameterValue',
      `The DestinationRegion '${DestinationRegion}' is not that of the request, ${region}.`,
    );
  }
  if (PresignedUrl === undefined) return;
  const said = URL.parse(PresignedUrl)?.searchParams;
  if (said?.get('Action') === 'CopySnapshot' && said.get('SourceSnapshotId') === SourceSnapshotId) {
    return;
  }
  throw new ServiceError(
    'InvalidParameterValue',
    'The PresignedUrl is not one of CopySnapshot for this SourceSnapshotId.',
  );
}
