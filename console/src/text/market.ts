/** The marketplace. */
export const marketText = {
  title: 'Marketplace',
  empty: 'No vendor offers anything yet. Any account can: publish an image of yours.',
  publish: 'Publish an image…',
  publishNow: 'Publish',
  publishMeans:
    'Its files are checked for what must not be left in an image; what is found keeps it from being published, and is told in the image’s findings.',
  subscribe: 'Subscribe',
  unsubscribe: 'Unsubscribe',
  newVersion: 'New version…',
  retire: 'Retire',
  terms: 'Terms',
  noPrice: 'no price named',
  by: (vendor: string) => `by ${vendor}`,
  fields: {
    ImageId: 'Image (ami-…)',
    ProductCode: 'Product code',
    Title: 'Title',
    Description: 'Description',
    Price: 'Price, in your words',
    Terms: 'Terms',
    Version: 'Version',
  },
};
