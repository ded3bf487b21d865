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
    change: 'They are changed by aws ec2 replace-image-criteria-in-allowed-images-settings.',
  },
};
