/** Snapshots. */
export const snapshotsText = {
  title: 'Snapshots',
  tabsLabel: 'Whose snapshots',
  tabs: { mine: 'Mine', shared: 'Shared with me' },
  search: 'Search by id, volume or description',
  empty: {
    mine: 'There are no snapshots yet. Capture an image, or take a snapshot of a volume.',
    shared: 'Nobody shares a snapshot with this account.',
  },
  noMatch: (what: string) => `No snapshot matches “${what}”.`,
  columns: {
    id: 'Snapshot',
    description: 'Description',
    volume: 'Of volume',
    size: 'Volume size',
    full: 'Full size',
    created: 'Taken',
    state: 'State',
  },
};

export const snapshotText = {
  back: '← Snapshots',
  gone: (id: string) => `There is no snapshot ${id} that this account sees.`,
  facts: {
    title: 'Properties',
    id: 'ID',
    description: 'Description',
    owner: 'Owner',
    volume: 'Of volume',
    size: 'Volume size',
    key: 'Encrypted with',
    plain: 'It is not encrypted.',
    full: 'Full size',
    started: 'Taken',
    completed: 'Completed',
    progress: 'Progress',
    tier: 'Storage tier',
    message: 'Message',
  },
  images: { title: 'Images of it', name: 'Name', id: 'ID', none: 'No image is made of it.' },
  volumes: {
    title: 'Volumes made of it',
    id: 'Volume',
    attached: 'Attached to',
    state: 'State',
    none: 'None is there.',
  },
  restore: 'Create volume…',
  assistant: 'Restore from it…',
  copy: 'Copy…',
  drills: 'Drills',
  delete: 'Delete…',
  deleteTitle: (id: string) => `Delete ${id}`,
  deleteNow: 'Delete',
  deleteMeans:
    'Other snapshots keep all that they hold. A rule of the recycle bin may keep this one for a time.',
  isPending: 'It is not complete yet.',
  isArchived: 'It is in the archive: restore it first.',
};

export const snapshotChangesText = {
  title: 'What it shares, and what has changed',
  before: 'Since the one before',
  after: 'Up to the one after',
  columns: {
    which: 'Compared',
    snapshot: 'With',
    same: 'Shared',
    changed: 'Other blocks',
  },
  another: 'Since that one',
  compareWith: 'Compare with any snapshot',
  compare: 'Compare',
  none: 'There is no other snapshot of its volume.',
  atMost: (size: string) => `at most ${size}`,
  blocks: (count: number, size: string, isCut: boolean) =>
    `${count} block${count === 1 ? '' : 's'}${isCut ? ' or more' : ''}, ${size}`,
  removed: (count: number) => `${count} emptied`,
};

export const snapshotTierText = {
  title: 'Storage tier',
  standard: 'It is in the block store, and can be used at once.',
  archived: 'It is in the archive: restore it to use it.',
  until: 'It goes back to the archive',
  isMoving: 'It is on its way.',
  isPending: 'It is not complete yet.',
  archive: 'Archive…',
  archiveTitle: (id: string) => `Archive ${id}`,
  archiveNow: 'Archive',
  archiveMeans:
    'It becomes one file by itself, compressed as far as goes. Nobody can use it before it is restored, and whom it is shared with loses it. Images of it have to be disabled first.',
  restore: 'Restore…',
  longer: 'Restore longer…',
  restoreTitle: (id: string) => `Restore ${id}`,
  restoreNow: 'Restore',
  forGood: 'For good',
  forGoodMeans: 'Else it goes back to the archive when its time is over.',
  days: 'For how many days',
};

export const snapshotFastText = {
  title: 'Fast restores',
  means:
    'Where they are enabled, what is in the snapshot is made ready beforehand: volumes of it are fast from their first read on. It takes room on the host.',
  columns: { zone: 'Availability zone', state: 'State', actions: 'Actions' },
  off: 'off',
  enable: 'Enable…',
  disable: 'Disable…',
  enableNow: 'Enable',
  disableNow: 'Disable',
  dialog: (id: string, zone: string) => `Fast restores of ${id} in ${zone}`,
  enableMeans: 'It is made ready in the background, and kept until this is disabled.',
  disableMeans: 'Volumes that are there stay as fast as they are.',
  notUsable: 'It is not complete, or in the archive.',
};

export const snapshotPermissionsText = {
  title: 'Who may make volumes of it',
  isPublic: 'It is public: every account may read what is in it.',
  isPrivate: 'It is private: besides you, only these accounts read it.',
  share: 'Share…',
  with: 'Account id',
  remove: 'Remove',
  removeFrom: (who: string) => `Remove ${who}`,
  makePublic: 'Make public…',
  makePrivate: 'Make private…',
  publicMeans: 'Every account of this Imago may read all that is in this snapshot.',
  privateMeans: 'Accounts that it is not shared with see it no more.',
};

export const snapshotLockText = {
  title: 'Lock',
  locked: (state: string) => `It is locked (${state}) until`,
  unlocked: 'It is not locked.',
  lock: 'Lock…',
  change: 'Change lock…',
  lockNow: 'Lock',
  unlock: 'Unlock',
  isCompliance: 'A lock of compliance is taken away by nobody before it ends.',
  mode: 'Kind of lock',
  modes: { governance: 'Governance', compliance: 'Compliance' },
  means: {
    governance: 'you can take it away again',
    compliance: 'nobody can take it away, not even the operator',
  },
  days: 'For how many days',
};

export const snapshotCopyText = {
  title: (id: string) => `Copy ${id}`,
  copy: 'Copy',
  region: 'To region',
  description: 'Description',
};

export const instanceSnapshotsText = {
  ask: 'Snapshots of an instance…',
  title: 'Snapshots of an instance',
  means: 'One of each of its volumes, all of one point in time.',
  take: 'Take snapshots',
  instance: 'Instance (i-…)',
  description: 'Description',
  withoutRoot: 'Without its root volume',
  withTags: 'With the tags of the volumes',
};
