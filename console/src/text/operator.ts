/** For the operator. */
export const operatorText = {
  title: 'Operator',
  tabsLabel: 'Parts of this Imago',
  tabs: {
    server: 'Host and storage',
    accounts: 'Accounts',
    tasks: 'Tasks',
    provider: 'Provider images',
  },
};

export const serverText = {
  title: 'This Imago',
  version: 'Version',
  home: 'Home folder',
  regions: 'Regions',
  hypervisor: 'Hypervisor',
  vcpus: 'vCPUs',
  promised: (committed: number, total: number) => `${committed} promised, ${total} in the host`,
  memory: 'Memory for instances',
  disk: 'Disk',
  blocks: 'Blocks of snapshots',
  reclaimable: 'Of those reclaimable',
  reserved: 'Kept free',
  usedOf: (used: string, total: string) => `${used} of ${total}`,
  collection: 'Collection of garbage',
  noCollection: 'None has run since Imago started.',
  freed: (amount: string) => `freed ${amount}`,
  collect: 'Collect now',
  report: 'Only report',
};

export const tasksText = {
  title: 'Tasks',
  empty: 'No long work has been done yet.',
  columns: {
    kind: 'Kind',
    subject: 'Of',
    state: 'State',
    steps: 'Steps',
    begun: 'Begun',
    ended: 'Ended',
  },
};

export const accountsText = {
  title: 'Accounts',
  empty: 'There are no accounts.',
  create: 'New account…',
  createNow: 'Create',
  madeMeans: 'Its first access key. The secret is shown now and never again.',
  operator: 'operator',
  makeOperator: 'An operator',
  operatorMeans: 'May do all that concerns the whole of this Imago.',
  organizationHint: 'Such as o-a1b2c3d4e5/r-ab12/ou-ab12-11111111; empty: in none.',
  isOwn: 'It is your own.',
  disable: 'Disable',
  enable: 'Enable',
  delete: 'Delete',
  columns: {
    name: 'Name',
    id: 'Account id',
    status: 'Status',
    organization: 'Organization',
    created: 'Created',
    actions: 'Actions',
  },
};

export const providerText = {
  title: 'Provider images',
  empty: 'There are none yet: build one.',
  build: (name: string) => `Build ${name}`,
  isBuilt: 'It is being built: see Tasks.',
  publish: 'Publish an image…',
  publishNow: 'Publish',
  publishMeans: 'An image of yours becomes the newest version of that name, for every account.',
  retire: 'Retire',
  retired: 'retired',
  columns: {
    name: 'Name',
    version: 'Version',
    image: 'Image',
    parameters: 'Parameters',
    created: 'Created',
    retire: 'Retire',
  },
};
