import type { CopyImageRequest, CopyImageResult } from '../../../../api/generated/ec2-types.ts';
import { checkDiskRoom } from '../../../domain/capacity.ts';
import { idempotently } from '../../../domain/client-tokens.ts';
import { orderImageCopy } from '../../../domain/copies.ts';
import { checkDescription, checkName } from '../../../domain/images.ts';
import { checkedRegions } from '../../../domain/site.ts';
import { tagsOfSpecifications } from '../../../domain/tags.ts';
import type { Operation } from '../../operation.ts';

/** Into the region of the request. */
export const copyImage: Operation<CopyImageRequest, CopyImageResult> = {
  accepts: [
    'Name',
    'SourceImageId',
    'SourceRegion',
    'ClientToken',
    'Description',
    'CopyImageTags',
    'TagSpecifications',
    'Encrypted',
    'KmsKeyId',
  ],
  async run(input, { catalog, caller, clock, host, ids, masterKey, site }) {
    const { Name: name, SourceRegion: sourceRegion, Description: description } = input;
    checkedRegions(site, [sourceRegion]);
    checkDescription(description);
    checkDiskRoom(await host.measure(), caller.region);
    const tags = tagsOfSpecifications(input.TagSpecifications, ['image', 'snapshot']);
    const order = {
      sourceRegion,
      sourceId: input.SourceImageId,
      name,
      description,
      copyTags: input.CopyImageTags ?? false,
      imageTags: tags.image,
      snapshotTags: tags.snapshot,
      encrypted: input.Encrypted,
      kmsKeyId: input.KmsKeyId || undefined,
    };
    const identity = { clock, ids, masterKey, hostId: site.hostId };
    const now = clock.now();
    const call = {
      ...caller,
      action: 'CopyImage',
      token: input.ClientToken,
      parameters: input,
      now,
    };
    const [ImageId] = await catalog.write((transaction) =>
      idempotently(transaction, call, async () => {
        await checkName(transaction, caller, name);
        return [(await orderImageCopy(transaction, caller, order, identity)).id];
      }),
    );
    return { ImageId };
  },
};
