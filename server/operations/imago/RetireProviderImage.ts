import type {
  ProviderImageResult,
  RetireProviderImageRequest,
} from '../../../api/imago-provider.ts';
import { retireProviderImage as retire } from '../../domain/provider-images.ts';
import type { Operation } from '../operation.ts';
import { providerImageShape } from '../shapes/provider-images.ts';

export const retireProviderImage: Operation<RetireProviderImageRequest, ProviderImageResult> = {
  accepts: ['ImageId'],
  audience: 'operator',
  run: ({ ImageId }, { catalog, caller, clock }) =>
    catalog.write(async (transaction) => {
      const retired = await retire(transaction, caller, ImageId, clock.now());
      return { Image: providerImageShape(retired, clock.now()) };
    }),
};
