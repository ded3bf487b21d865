/** Volumes. */
export const volumesText = {
  title: 'Volumes',
  search: 'Search by id, instance, snapshot or name',
  empty: 'There are no volumes: each instance brings its own.',
  noMatch: (what: string) => `No volume matches “${what}”.`,
  columns: {
    id: 'Volume',
    size: 'Size',
    type: 'Type',
    attached: 'Attached to',
    snapshot: 'Made from',
    created: 'Created',
    state: 'State',
    actions: 'Actions',
  },
  snapshot: 'Snapshot…',
  snapshotOf: (id: string) => `Snapshot of ${id}`,
  take: 'Take snapshot',
  description: 'Description',
  delete: 'Delete…',
  deleteTitle: (id: string) => `Delete ${id}`,
  deleteNow: 'Delete',
  deleteMeans:
    'What is on it is gone for good, unless a rule of the recycle bin keeps it. Its snapshots stay.',
  isAttached: 'It is attached to an instance.',
  notNow: (state: string) => `It is ${state}.`,
};
