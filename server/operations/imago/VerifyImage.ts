import type { VerifyImageRequest, VerifyImageResult } from '../../../api/imago-provenance.ts';
import { ServiceError } from '../../../api/service-error.ts';
import { requiredImage } from '../../domain/images.ts';
import { readPublicKey } from '../../domain/provenance/minisign.ts';
import { verifyImage as verify } from '../../domain/provenance/verify-image.ts';
import type { Operation } from '../operation.ts';
import { noManifest, signatureShape } from '../shapes/provenance.ts';

export const verifyImage: Operation<VerifyImageRequest, VerifyImageResult> = {
  accepts: ['ImageId', 'PublicKeys'],
  async run({ ImageId, PublicKeys: wanted }, { catalog, caller }) {
    for (const key of wanted ?? []) {
      if (readPublicKey(key)) continue;
      throw new ServiceError('InvalidParameterValue', `'${key}' is no public key of minisign's`);
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
    return {
      ImageId,
      Valid: problems.length === 0,
      Problems: problems,
      SignedBy: counting.map(signatureShape),
    };
  },
};
