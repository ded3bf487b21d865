import type { ManifestRequest, ManifestResult } from '../../../api/imago-provenance.ts';
import { requiredImage } from '../../domain/images.ts';
import type { Operation } from '../operation.ts';
import { manifestShape, noManifest } from '../shapes/provenance.ts';

export const getImageManifest: Operation<ManifestRequest, ManifestResult> = {
  accepts: ['ImageId'],
  run: ({ ImageId }, { catalog, caller }) =>
    catalog.read(async (reader) => {
      const image = await requiredImage(reader, caller, ImageId);
      const row = await reader.imageManifests.get(image.id);
      if (!row) throw noManifest(image.id);
      return manifestShape(reader, row);
    }),
};
