import type { ManifestRequest, ManifestResult } from '../../../api/imago-provenance.ts';
import { checkAvailable, requiredImage } from '../../domain/images.ts';
import { addSignature, recordManifest } from '../../domain/provenance/image-manifests.ts';
import type { Operation } from '../operation.ts';
import { manifestShape, noManifest } from '../shapes/provenance.ts';

/** Whoever sees an image may vouch for it; its owner's signature says anew what it is. */
export const signImage: Operation<ManifestRequest, ManifestResult> = {
  accepts: ['ImageId'],
  async run({ ImageId }, { catalog, caller, clock, masterKey }) {
    const signing = { masterKey, now: clock.now() };
    return catalog.write(async (transaction) => {
      const image = await requiredImage(transaction, caller, ImageId);
      checkAvailable(image);
      if (image.account === caller.account) await recordManifest(transaction, image, signing);
      const row = await transaction.imageManifests.get(image.id);
      if (!row) throw noManifest(image.id);
      return manifestShape(
        transaction,
        await addSignature(transaction, row, caller.account, signing),
      );
    });
  },
};
