/** What images, snapshots and volumes take, and how that grows. */
export const storageText = {
  title: 'What is stored',
  measuring: 'Imago reads the maps of all disks. What is shown is what it measured before.',
  firstMeasure: 'Imago reads the maps of all disks…',
  failed: (why = '') => `It could not be measured: ${why}`,
  again: 'Measure again',
  together: (bytes: string, count: number) =>
    `${bytes} together, each block once, of ${count} image${count === 1 ? '' : 's'}, snapshots and volumes.`,
  plain: (bytes: string) => `Besides, ${bytes} of plain bases that guests read: a cache.`,
  measuredAt: 'Measured',
  none: 'Nothing is stored yet.',
  by: 'Areas show',
  bys: { stored: 'all that it needs', exclusive: 'what deleting it would free' },
  legend: { exclusive: 'its own: deleting it frees this', shared: 'shared with others' },
  more: (count: number) => `${count} smaller ones are in the table only, or nowhere.`,
  map: 'Treemap of what is stored',
  box: (name: string, exclusive: string, shared: string) =>
    `${name}: ${exclusive} of its own, ${shared} shared`,
  table: 'What is stored, as a table',
  columns: {
    name: 'Name',
    id: 'ID',
    account: 'Account',
    region: 'Region',
    logical: 'Disk size',
    stored: 'Needs',
    shared: 'Shared',
    exclusive: 'Frees',
    archived: 'In the archive',
  },
};

export const storageHistoryText = {
  title: 'Growth',
  hint: 'All blocks that somebody needs, as they are stored, measured once a day while Imago runs.',
  together: 'All accounts',
  one: (account: string) => `Account ${account}`,
  account: 'Beside all accounts',
  few: 'It is recorded once a day; the curve begins with the second one.',
};
