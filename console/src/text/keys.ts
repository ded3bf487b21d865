/** Keys that volumes, snapshots and images are encrypted with. */
export const encryptionText = {
  title: 'Encryption',
  empty:
    'There are no keys yet. The service makes one when the first volume is encrypted; make one of your own to share what is encrypted, or to end it by deleting its key.',
  make: 'Create key…',
  columns: {
    name: 'Key',
    description: 'Description',
    whose: 'Managed by',
    created: 'Created',
    state: 'State',
  },
  service: 'the service',
  you: 'you',
  list: 'Keys',
  create: {
    title: 'Create a key',
    do: 'Create key',
    description: 'Description',
    alias: 'Alias',
    aliasHint: 'A name of it, such as web. It may be given later, or anew to another key.',
  },
  defaults: {
    title: 'What is made new',
    isOn: 'New volumes and copies are encrypted, whether that was asked for or not.',
    isOff:
      'New volumes and copies are encrypted where that was asked for, or where what they are made of is.',
    turnOn: 'Encrypt by default',
    turnOff: 'Do not encrypt by default',
    key: 'Key, where nobody says another',
    service: 'The service’s own (alias/aws/ebs)',
    save: 'Use this key',
    shared: 'What the service’s own key encrypts cannot be shared with other accounts.',
  },
};

export const keyText = {
  back: '← Encryption',
  facts: {
    title: 'Properties',
    id: 'ID',
    arn: 'ARN',
    description: 'Description',
    whose: 'Managed by',
    created: 'Created',
    deletion: 'Deleted',
  },
  isService: 'The service manages this key: nobody changes it.',
  enable: 'Enable',
  disable: 'Disable…',
  disableNow: 'Disable',
  disableMeans:
    'Machines that run go on. Nothing that it encrypts can be started, attached, copied or made a volume of until it is enabled again.',
  delete: 'Delete…',
  deleteTitle: (name: string) => `Delete ${name}`,
  deleteNow: 'Schedule deletion',
  deleteMeans:
    'When the waiting time is over the key is gone for good, and nobody can read again what it encrypts. Until then that can be cancelled; nothing can be done with the key meanwhile.',
  days: 'Waiting time, days',
  nothingLost: 'Nothing of this account is encrypted with it.',
  lost: (volumes: number, snapshots: number, images: number) =>
    `Unreadable for good: ${count(volumes, 'volume')}, ${count(snapshots, 'snapshot')}, ${count(images, 'image')}.`,
  lostToo: 'Of what there is beyond the first ten thousand nobody knows here.',
  cancelDeletion: 'Cancel deletion',
  isPending: 'Its deletion is scheduled.',
  aliases: {
    title: 'Aliases',
    none: 'It has no alias.',
    add: 'Add alias…',
    addNow: 'Add alias',
    name: 'Alias',
    hint: 'A name, such as web: it is alias/web then.',
    remove: 'Remove',
    removeOne: (name: string) => `Remove ${name}`,
  },
  uses: {
    title: 'What it encrypts',
    volumes: 'Volumes',
    snapshots: 'Snapshots',
    images: 'Images',
    none: 'Nothing of this account.',
    looking: 'Looking for what it encrypts…',
  },
  grants: {
    title: 'Grants',
    means:
      'An account with a grant uses the key: to make volumes and copies of a snapshot that is shared with it, it needs Decrypt.',
    none: 'No other account may use it.',
    add: 'Grant…',
    addNow: 'Grant',
    account: 'Account id',
    name: 'Name of the grant',
    operations: 'What it may do',
    columns: {
      account: 'Account',
      name: 'Name',
      operations: 'May',
      created: 'Created',
      end: 'End',
    },
    revoke: 'Revoke…',
    revokeNow: 'Revoke',
    revokeTitle: (account: string) => `Revoke the grant of ${account}`,
    revokeMeans: 'What the account has copied under a key of its own it keeps.',
  },
  policy: 'Policy, which all keys have',
};

export const keyChoiceText = {
  label: 'Encryption',
  usual: 'As usual',
  encrypted: 'Encrypted, with the default key',
  with: (name: string) => `Encrypted, with ${name}`,
  usualHint: {
    on: 'As usual: encrypted with the default key, as this account has it.',
    off: 'As usual: not encrypted, unless what it is made of is.',
  },
};

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
