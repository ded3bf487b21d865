/** One's own account. */
export const accountText = {
  title: 'Account',
  tabsLabel: 'Parts of the account',
  tabs: { keys: 'Access keys', sessions: 'Sessions', guards: 'Guards' },
};

export const keysText = {
  title: 'Access keys',
  none: 'There are none.',
  create: 'New access key',
  made: 'The new access key',
  madeMeans: 'The secret is shown now and never again.',
  disable: 'Make inactive',
  enable: 'Make active',
  delete: 'Delete…',
  deleteTitle: (id: string) => `Delete ${id}`,
  deleteNow: 'Delete',
  deleteMeans: 'Whoever uses it is refused from now on, and its sessions end.',
  columns: { id: 'Access key ID', status: 'Status', created: 'Created', actions: 'Actions' },
};

export const sessionsText = {
  title: 'Sessions',
  means: 'Temporary credentials: of this console, and of programs that asked STS for them.',
  none: 'There are none: this console uses an access key.',
  this: 'this one',
  end: 'End',
  endOne: (id: string) => `End ${id}`,
  columns: {
    id: 'Session',
    of: 'Of access key',
    begun: 'Begun',
    until: 'Until',
    end: 'End',
  },
};

export const guardsText = {
  images: {
    title: 'Public images',
    block: 'No image becomes public',
    means: 'Images that are public stay so.',
  },
  snapshots: {
    title: 'Public snapshots',
    states: {
      unblocked: 'Snapshots may be public',
      'block-new-sharing': 'No snapshot becomes public; those that are stay so',
      'block-all-sharing': 'No snapshot is public',
    },
  },
  allowed: {
    title: 'Allowed images',
    means: 'Images of others that meet none of the criteria are neither shown nor launched.',
    states: {
      disabled: 'All images are allowed',
      'audit-mode': 'Audit: shown and launched all the same, and marked',
      enabled: 'Only images that meet a criterion',
    },
    criteria: 'Criteria',
    none: 'There are none: then no image of others is allowed.',
    change: 'Change criteria…',
  },
};

export const criteriaText = {
  title: 'Criteria of allowed images',
  means: 'An image is allowed that meets one of the criteria, in all of its parts.',
  none: 'Without criteria no image of others is allowed.',
  one: (number: number) => `Criterion ${number}`,
  add: 'Add a criterion',
  remove: 'Remove this criterion',
  save: 'Replace criteria',
  more: 'More (watermarks, results of checks)',
  fields: {
    providers: 'Providers',
    names: 'Names',
    products: 'Product codes',
    createdDays: 'Made at most so many days ago',
    deprecatedDays: 'Deprecated for at most so many days',
    others: 'Other members, as JSON',
  },
  hints: {
    providers: 'A line each: amazon, aws-marketplace, an account id, or none.',
    names: 'A line each, with * and ?.',
    products: 'A line each, of the marketplace.',
    others: 'Such as {"ImageWatermarks": […]}; the server says what is wrong with it.',
  },
};

export const metadataText = {
  title: 'Metadata service of new instances',
  means:
    'Where neither the launch nor its image says it. Instances that are there stay as they are.',
  hops: 'Hop limit of tokens',
  fields: {
    HttpTokens: 'Tokens (version 2)',
    HttpTokensEnforced: 'Launches that do not require tokens are refused',
    HttpEndpoint: 'The service',
    InstanceMetadataTags: 'Tags in the metadata',
  },
  values: {
    'no-preference': 'no preference',
    optional: 'optional',
    required: 'required',
    enabled: 'on',
    disabled: 'off',
  },
};
