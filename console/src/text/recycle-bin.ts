/** The recycle bin. */
export const recycleBinText = {
  title: 'Recycle bin',
  means:
    'What a retention rule keeps after it was deleted. Rules are made with the rbin service (aws rbin create-rule).',
  tabsLabel: 'Kinds of things',
  tabs: { images: 'Images', snapshots: 'Snapshots', volumes: 'Volumes' },
  columns: {
    name: 'Name',
    id: 'ID',
    since: 'Deleted',
    until: 'Kept until',
    restore: 'Restore',
  },
  restore: 'Restore',
  restoreOne: (id: string) => `Restore ${id}`,
  empty: 'Nothing is in the bin.',
};
