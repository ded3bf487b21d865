import type {
  ProviderImageResult,
  PublishProviderImageRequest,
} from '../../../api/imago-provider.ts';
import { requiredOwnImage } from '../../domain/images.ts';
import { publishProviderImage as publish } from '../../domain/provider-images.ts';
import type { Operation } from '../operation.ts';
import { providerImageShape } from '../shapes/provider-images.ts';

/** In the region of the request. */
export const publishProviderImage: Operation<PublishProviderImageRequest, ProviderImageResult> = {
  accepts: ['ImageId', 'Name', 'Description'],
  audience: 'operator',
  run: ({ ImageId, Name: name, Description: description }, context) =>
    context.catalog.write(async (transaction) => {
      const source = await requiredOwnImage(transaction, context.caller, ImageId);
      const published = await publish(transaction, source, { name, description }, context);
      return { Image: providerImageShape(published, context.clock.now()) };
    }),
};
