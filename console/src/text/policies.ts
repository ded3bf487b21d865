/** Policies that take backups by themselves, and plans. */
const count = (many: number, one: string, more = `${one}s`) => `${many} ${many === 1 ? one : more}`;

export const policiesText = {
  title: 'Backup policies',
  means:
    'Backups are taken of whatever has a tag of a policy, and removed when no rule keeps them.',
  tabsLabel: 'Kinds of policies',
  tabs: { policies: 'Lifecycle policies', plans: 'Backup plans' },
  create: 'New policy…',
  back: 'All policies',
  empty: 'There is no policy: nothing is backed up by itself.',
  columns: {
    policy: 'Policy',
    state: 'State',
    of: 'Of',
    when: 'When (UTC)',
    keeps: 'Keeps',
    actions: 'Actions',
  },
  makes: { images: 'Images', snapshots: 'Snapshots' },
  ofMachines: 'machines',
  ofVolumes: 'volumes',
  withTag: (tags: string) => `with ${tags}`,
  everything: 'that have no recent one (default policy)',
  every: (hours: number, time: string) =>
    hours === 24 ? `daily at ${time}` : `every ${count(hours, 'hour')} from ${time} on`,
  everyDays: (days: number) => (days === 1 ? 'daily' : `every ${days} days`),
  newest: (many: number) => `the newest ${many}`,
  age: (many: number, unit: string) => count(many, unit),
  units: { DAYS: 'day', WEEKS: 'week', MONTHS: 'month', YEARS: 'year' } as Record<string, string>,
  copied: (regions: string) => `copied to ${regions}`,
  enable: 'Enable',
  disable: 'Disable',
  delete: 'Delete…',
  deleteTitle: (id: string) => `Delete ${id}`,
  deleteMeans: 'What it made stays until somebody deletes it: no rule removes it any more.',
  deleteNow: 'Delete',
};

export const plansText = {
  empty: 'There is no plan of AWS Backup here.',
  readOnly: 'Plans are made and changed by aws-cli or an SDK: aws backup create-backup-plan.',
  columns: {
    plan: 'Plan',
    rule: 'Rule',
    vault: 'Vault',
    when: 'When',
    keeps: 'Keeps',
    selected: 'Of',
    last: 'Last run',
  },
  days: (many: number) => count(many, 'day'),
  forever: 'until it is deleted',
  onDemand: 'by hand',
};
