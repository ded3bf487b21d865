import type {
  PublishProductRequest,
  PublishProductResult,
} from '../../../api/imago-marketplace.ts';
import { requiredOwnImage } from '../../domain/images.ts';
import { orderPublication } from '../../domain/marketplace.ts';
import type { Operation } from '../operation.ts';
import { productResult } from '../shapes/products.ts';

export const publishProduct: Operation<PublishProductRequest, PublishProductResult> = {
  accepts: ['ImageId', 'ProductCode', 'Title', 'Description', 'Price', 'Terms', 'Version'],
  async run({ ImageId, ProductCode: productCode, Version: version, ...input }, context) {
    const { catalog, caller, site } = context;
    const { Title: title, Description: description, Price: price, Terms: terms } = input;
    const texts = { title, description, price, terms };
    return catalog.write(async (transaction) => {
      const image = await requiredOwnImage(transaction, caller, ImageId);
      const asked = { productCode, version, texts, host: site.hostId };
      const ordered = await orderPublication(transaction, caller, image, asked, context);
      const shown = await productResult(transaction, caller, ordered.product);
      return { ...shown, ImageId: ordered.version.imageId, TaskId: ordered.taskId };
    });
  },
};
