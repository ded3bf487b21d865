import { newProduct } from '../../../server/operations/test-images.ts';
import { type AuthorisationTable, byOne, ownOnly } from '../table.ts';

export const table: AuthorisationTable = {
  nouns: {
    /** With nothing to launch yet: its vendor's alone. */
    product: {
      make: async (context) => (await newProduct(context)).id,
      missing: 'a0000000000000000000000z9',
      unseen: 'NoSuchEntity',
    },
  },
  actions: {
    'imago.CheckImage': byOne('ImageId', 'image', { seen: 'AuthFailure' }),
    'ec2.GetImageFindings': byOne('ImageId', 'image', { seen: 'ok' }),
    'imago.DescribeProduct': byOne('ProductCode', 'product', { operator: 'ok' }),
    'imago.ListProducts': ownOnly,
    'imago.PublishProduct': {
      with: { Title: 'made by the matrix' },
      plain: ['ProductCode'],
      names: [{ path: 'ImageId', noun: 'image', seen: 'AuthFailure' }],
    },
    'imago.RetireProduct': byOne('ProductCode', 'product', { operator: 'ok' }),
    'imago.SubscribeProduct': byOne('ProductCode', 'product', { operator: 'ok' }),
    'imago.UnsubscribeProduct': byOne('ProductCode', 'product', { operator: 'ok' }),
  },
};
