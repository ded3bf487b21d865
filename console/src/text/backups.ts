/** Backups: what has them, and when they were made. */
const count = (many: number, one: string, more = `${one}s`) => `${many} ${many === 1 ? one : more}`;

export const backupsText = {
  title: 'Backups',
  means:
    'Machines and volumes that there are backups of, be they still there or gone. A backup is an ordinary image or snapshot.',
  find: 'Machine or volume: i-… or vol-…',
  empty:
    'Nothing has a backup yet. Take one of a machine in its view, or let a policy take them for whatever has a tag.',
  emptyCommand: 'aws ec2 create-image --no-reboot --name NAME --instance-id i-…',
  toMachines: 'To the machines',
  toPolicies: 'To the policies',
  columns: {
    source: 'Of',
    name: 'Called',
    there: 'Now',
    newest: 'Newest backup',
    state: 'State',
    by: 'By',
    drill: 'Last drill of it',
    actions: 'Actions',
  },
  restore: 'Restore…',
  gone: 'gone',
  hand: 'hand',
};

export const sourceText = {
  back: 'All backups',
  title: (id: string) => `Backups of ${id}`,
  take: 'Take a backup now…',
  cannotTake: 'It is gone: nothing can be taken of it any more.',
  restore: 'Restore…',
  drills: 'Its drills',
  forget: 'Forget by rules…',
  calendar: 'Backups by day',
  earlier: 'Year before',
  later: 'Year after',
  span: (first: string, last: string) => `${first} to ${last}`,
  none: 'Nothing was made of it in this year. “Take a backup now…” makes one, and a policy makes them by itself.',
  partly: (shown: number) => `The newest ${shown} of the year are shown.`,
  more: 'Show those before',
  legend: 'What the days show',
  looks: {
    whole: 'application-consistent or at rest, all of them',
    partly: 'some as a power cut leaves a disk, or not known',
    busy: 'still being made',
    bad: 'none is whole',
  },
  marks: {
    passed: 'a drill passed',
    failed: 'a drill failed',
  },
  today: 'today',
  nothing: 'no backups',
  made: (many: number) => count(many, 'backup'),
  settled: (many: number) => `${many} application-consistent or at rest`,
  pending: (many: number) => `${many} being made`,
  failed: (many: number) => `${many} not whole`,
  drilled: { passed: 'drill passed', failed: 'drill failed' },
};

export const wayBackText = {
  title: 'The way back',
  newest: 'Newest whole backup',
  proven: 'Newest that passed a drill',
  restore: 'Restore…',
  restoreOf: (id: string) => `Restore ${id}…`,
  notDrilled: 'not drilled',
  took: (time: string) => `ready after ${time}`,
  never: 'None has passed one.',
  toDrills: 'Its drills',
};

export const dayText = {
  title: (day: string) => `On ${day}`,
  choose: 'Choose a day to see its backups.',
  empty: 'No backup was made on that day.',
  columns: {
    id: 'Backup',
    state: 'State',
    by: 'By',
    size: 'Size',
    until: 'Kept until',
    drill: 'Drill',
    actions: 'Actions',
  },
  hand: 'hand',
  consistent: {
    application: 'application-consistent',
    crash: 'crash-consistent',
    'at-rest': 'of a volume at rest',
  },
  alone: (bytes: string) => `${bytes} its own alone`,
  newestOf: (many: number) => `one of the newest ${many}`,
  untilMore: (schedule: string, more: number) =>
    more > 0 ? `until ${schedule} has made ${more} more` : 'any moment now',
  inVault: (vault: string) => `by its lifecycle in the vault ${vault}`,
  holds: {
    newest: 'or longer: the newest whole one',
    trusted: 'or longer: the newest without a failed drill',
    drilled: 'or longer: the newest whose drill passed',
    atRest: 'its policy is at rest',
  },
  untilDeleted: 'until it is deleted',
  restore: 'Restore…',
  restoreOne: (id: string) => `Restore ${id}`,
  drill: 'Drill…',
  drillOne: (id: string) => `Drill ${id}`,
  delete: 'Delete…',
  deleteOne: (id: string) => `Delete ${id}`,
  notWhole: 'It is not whole.',
};

export const goesNextText = {
  title: 'What goes next, and why',
  means:
    'By the rules as they are now, if all that is due is made. What is protected, locked or held stays all the same.',
  columns: { backup: 'Backup', made: 'Made', goes: 'Goes', why: 'Why' },
  byAge: (schedule: string) => `${schedule} keeps it until then`,
  byDefault: 'its policy keeps it until then',
  byCount: (schedule: string, newest: number) =>
    `${schedule} keeps the newest ${newest}, and makes its next then`,
  overdue: (schedule: string, newest: number) =>
    `${schedule} keeps the newest ${newest} only: it goes unless something else holds it`,
  byForget: (policy: string) => `no rule of the forget policy ${policy} keeps it`,
  byVault: (vault: string) => `its lifecycle in the vault ${vault} is over`,
  nothing: 'None of them goes by itself, as the rules and the backups are now.',
  andMore: (many: number) => `And ${count(many, 'more', 'more')} after these.`,
  partly: (many: number) => `Of the newest ${many}.`,
};

export const backupDialogsText = {
  takeImage: (id: string) => `Take a backup of ${id}`,
  take: 'Take it',
  imageMeans: 'An image of the machine with all of its volumes. It goes on running.',
  snapshotMeans: 'A snapshot of the volume.',
  name: 'Name',
  description: 'Description',
  reboots: 'Stop it for the moment that it takes',
  rebootsHint: 'Without that its guest is asked to hold still.',
  deleteTitle: (id: string) => `Delete ${id}`,
  deleteImage:
    'The image and its snapshots go, into the recycle bin where a rule of yours says so.',
  deleteSnapshot: 'The snapshot goes, into the recycle bin where a rule of yours says so.',
  delete: 'Delete',
};

export const forgetText = {
  title: (id: string) => `Forget backups of ${id}`,
  means:
    'Restic’s rules: what a rule keeps stays, all else goes, be it made by a policy or by hand. The last one that is whole and the last whose drill passed always stay.',
  forget: (many: number) => `Remove ${count(many, 'backup')}`,
  nothing: 'Remove nothing',
  rules: {
    KeepLast: 'The newest',
    KeepHourly: 'Hours',
    KeepDaily: 'Days',
    KeepWeekly: 'Weeks',
    KeepMonthly: 'Months',
    KeepYearly: 'Years',
  },
  within: 'And all that are not older than',
  withinHint: 'Such as 1y6m or 7d, before the newest.',
  zone: 'Days begin in the time zone',
  moreRules: 'More rules',
  withinEach: {
    KeepWithinHourly: 'One of each hour, within',
    KeepWithinDaily: 'One of each day, within',
    KeepWithinWeekly: 'One of each week, within',
    KeepWithinMonthly: 'One of each month, within',
    KeepWithinYearly: 'One of each year, within',
  },
  tags: 'And all that have these tags',
  tagsHint: 'A line is key=value, or several with commas, which one must have all of.',
  sayRule: 'Say a rule to see what it keeps.',
  preview: 'What becomes of each',
  columns: { fate: 'Fate', backup: 'Backup', made: 'Made', why: 'Why' },
  fates: { kept: 'stays', removed: 'goes', refused: 'cannot go' },
  sums: (kept: number, removed: number, refused: number) =>
    `${kept} stay, ${removed} go${refused > 0 ? `, ${refused} cannot` : ''}.`,
  empty: 'It has no backups.',
};
