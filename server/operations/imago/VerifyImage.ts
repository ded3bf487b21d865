import type {
  DamagedImageBlock,
  VerifyImageRequest,
  VerifyImageResult,
} from '../../../api/imago-provenance.ts';
import { ServiceError } from '../../../api/service-error.ts';
import { mappedSnapshots } from '../../domain/image-contents.ts';
import { requiredImage } from '../../domain/images.ts';
import { pageOf } from '../../domain/pages.ts';
import { readPublicKey } from '../../domain/provenance/minisign.ts';
import { verifyImage as verify } from '../../domain/provenance/verify-image.ts';
import { countBlocks, verifyBlocks } from '../../inspection/verify-blocks.ts';
import type { Operation, OperationContext } from '../operation.ts';
import { noManifest, signatureShape } from '../shapes/provenance.ts';

/** Of an answer: it is some seconds at most, and progress for who asks for the next. */
const blocksMax = 256;

export const verifyImage: Operation<VerifyImageRequest, VerifyImageResult> = {
  accepts: ['ImageId', 'PublicKeys', 'Blocks', 'NextToken'],
  async run(input, context) {
    const { ImageId, PublicKeys: wanted, Blocks: ofBlocks = false, NextToken } = input;
    const { catalog, caller } = context;
    for (const key of wanted ?? []) {
      if (readPublicKey(key)) continue;
      throw new ServiceError('InvalidParameterValue', `'${key}' is no public key of minisign's`);
    }
    if (NextToken !== undefined && !ofBlocks) {
      throw new ServiceError('InvalidParameterCombination', 'NextToken goes with Blocks alone.');
    }
    const { problems, signedBy } = await catalog.read(async (reader) => {
      const image = await requiredImage(reader, caller, ImageId);
      const row = await reader.imageManifests.get(image.id);
      if (!row) throw noManifest(image.id);
      return verify(reader, image, row);
    });
    const counting = signedBy.filter(({ publicKey }) => wanted?.includes(publicKey) ?? true);
    if (counting.length === 0) {
      problems.push(wanted ? 'None of these keys has signed it.' : 'Nobody has signed it.');
    }
    const blocks = ofBlocks ? await verifySomeBlocks(context, ImageId, NextToken) : undefined;
    const damaged = blocks?.DamagedBlocks.length ?? 0;
    if (damaged > 0) problems.push('Some of its blocks are damaged.');
    return {
      ImageId,
      Valid: problems.length === 0,
      Problems: problems,
      SignedBy: counting.map(signatureShape),
      ...blocks,
    };
  },
};

/** A page is where the one before it has ended: the number of the disk, its block, and how many. */
async function verifySomeBlocks(
  { catalog, caller, blocks }: OperationContext,
  imageId: string,
  NextToken: string | undefined,
) {
  const { account, region } = caller;
  const scope = { account, region, action: `VerifyImage ${imageId}` };
  const { after = '0 0 0', tokenAfter } = pageOf({ NextToken }, scope, { min: 1, max: 1 });
  const [disk = 0, from = 0, before = 0] = after.split(' ').map(Number);
  const disks = await catalog.read(async (reader) =>
    mappedSnapshots(reader, await requiredImage(reader, caller, imageId)),
  );
  let total = 0;
  for (const { region: where, root } of disks) total += await countBlocks(blocks.of(where), root);
  const told = { BlockCount: total, BlocksRead: before, DamagedBlocks: [] as DamagedImageBlock[] };
  const current = disks[disk];
  if (!current) return told;
  const { deviceName, snapshotId, root } = current;
  const found = await verifyBlocks(blocks.of(current.region), root, { from, most: blocksMax });
  const read = before + found.read;
  const next = found.next === undefined ? [disk + 1, 0] : [disk, found.next];
  return {
    ...told,
    BlocksRead: read,
    DamagedBlocks: found.damaged.map(({ digest, index, problem }) => ({
      DeviceName: deviceName,
      SnapshotId: snapshotId,
      Digest: digest,
      ...(index !== undefined && { BlockIndex: index }),
      Problem: problem,
    })),
    ...((next[0] as number) < disks.length && { NextToken: tokenAfter([...next, read].join(' ')) }),
  };
}
