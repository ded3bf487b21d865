/** Images. */
export const imagesText = {
  title: 'Images',
  tabs: {
    mine: 'Mine',
    shared: 'Shared with me',
    provider: 'Provider',
    community: 'Community',
    marketplace: 'Marketplace',
  },
  tabsLabel: 'Kinds of images',
  search: 'Search by name, id, owner or tag=value',
  columns: {
    name: 'Name',
    id: 'ID',
    owner: 'Owner',
    size: 'Size',
    created: 'Created',
    state: 'State',
    launch: 'Launch',
  },
  marks: {
    public: 'public',
    deprecated: 'deprecated',
    disabled: 'disabled',
    protected: 'protected',
    notAllowed: 'not allowed here',
    findings: (severity: string) => `findings: ${severity}`,
    deprecatedAt: (when: string) => `deprecated ${when}`,
  },
  launch: 'Launch',
  launchOne: (name: string) => `Launch ${name}`,
  notAvailable: 'Only an image that is available can be launched.',
  empty: {
    mine: 'You have no images yet. Launch one of the provider’s, change it, and capture it: that is an image of yours.',
    shared: 'Nobody shares an image with this account yet.',
    provider:
      'There are no provider images yet. An operator makes some with `bin/imago images build micro`.',
    community: 'No account has made an image public.',
    marketplace: 'Nothing is offered in the marketplace yet.',
    search: (what: string) => `No image matches “${what}”.`,
  },
};
