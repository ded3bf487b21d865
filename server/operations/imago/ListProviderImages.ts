import type {
  ListProviderImagesRequest,
  ListProviderImagesResult,
} from '../../../api/imago-provider.ts';
import { providerVersions } from '../../domain/public-parameters.ts';
import type { Operation } from '../operation.ts';
import { providerImageShape } from '../shapes/provider-images.ts';

export const listProviderImages: Operation<ListProviderImagesRequest, ListProviderImagesResult> = {
  accepts: [],
  audience: 'operator',
  run: (_input, { catalog, caller, clock }) =>
    catalog.read(async (reader) => {
      const versions = await providerVersions(reader, caller.region);
      const names = [...versions.keys()].sort();
      const all = names.flatMap((name) => (versions.get(name) ?? []).toReversed());
      return { Images: all.map((each) => providerImageShape(each, clock.now())) };
    }),
};
