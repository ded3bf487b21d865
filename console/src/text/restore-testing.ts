/** Restore testing plans of AWS Backup: drills by the clock. */
const count = (many: number, one: string, more = `${one}s`) => `${many} ${many === 1 ? one : more}`;

export const testingPlansText = {
  means:
    'At its times a plan drills a backup of each machine and volume that its selections choose. It tests what is in vaults of AWS Backup.',
  create: 'New testing plan…',
  newTitle: 'New restore testing plan',
  back: 'All testing plans',
  empty:
    'There is no restore testing plan: backups are drilled only by hand. “New testing plan…” makes one, and has the command for it beside its form.',
  emptyCommand: 'aws backup create-restore-testing-plan --restore-testing-plan …',
  columns: {
    plan: 'Plan',
    when: 'When',
    next: 'Next run',
    last: 'Last run',
    verdict: 'Its verdicts',
    actions: 'Actions',
  },
  facts: {
    window: 'Start window',
    points: 'Tests',
    vaults: 'Out of',
    made: 'Made',
    changed: 'Changed',
  },
  hours: (many: number) => count(many, 'hour'),
  points: (algorithm: string, days: number) =>
    `${algorithm === 'RANDOM_WITHIN_WINDOW' ? 'any backup' : 'the newest backup'} of the last ${count(days, 'day')}`,
  allVaults: 'all vaults',
  without: (vaults: string) => `without ${vaults}`,
  verdicts: {
    passed: '✓ passed',
    failed: '✗ failed',
    error: 'not done',
    running: 'under way',
    validating: 'waits for your verdict',
    late: 'no verdict of yours in time',
  },
  so: (many: number, verdict: string) => `${many} ${verdict}`,
  orMore: 'or more',
  notTested: 'nothing was tested',
  delete: 'Delete…',
  deleteTitle: (name: string) => `Delete ${name}`,
  deleteMeans:
    'Its selections go with it, and nothing is tested by it any more. Tests under way go on, and drills that were made stay.',
  deleteNow: 'Delete',
};

export const testingPlanText = {
  name: 'Name',
  nameHint: 'Letters, digits and underscores.',
  zone: 'Time zone',
  acts: 'When it tests',
  actsChoices: { daily: 'Once a day', expression: 'By an expression' },
  time: 'At (in the time zone above)',
  expression: 'cron(…)',
  expressionHint: 'AWS’s six fields, such as cron(0 5 ? * 1 *): at five on Sundays.',
  next: 'The next run',
  window: 'Hours within which its tests may begin',
  windowHint: 'Twenty drills of an account are under way at a time; the others wait for so long.',
  algorithm: 'Of each machine and volume',
  algorithms: {
    LATEST_WITHIN_WINDOW: 'its newest backup',
    RANDOM_WITHIN_WINDOW: 'any of its backups',
  },
  days: 'Not older than so many days',
  include: 'Out of these vaults',
  vaultsHint: 'A line a vault: its name or its ARN; * is all.',
  exclude: 'But not out of these',
  create: 'Create the plan',
  what: 'What it does',
};

export const selectionsText = {
  title: 'Selections',
  empty: 'It has no selection, so that it tests nothing.',
  create: 'New selection…',
  columns: { selection: 'Selection', chooses: 'Chooses', looks: 'Looks at', actions: 'Actions' },
  all: { EC2: 'all machines', EBS: 'all volumes' },
  tagged: { EC2: 'machines whose backup has', EBS: 'volumes whose backup has' },
  hasNot: (tags: string) => `not ${tags}`,
  more: (many: number) => `and ${many} more`,
  usual: 'what is said of each',
  checks: (many: number) => count(many, 'check'),
  type: (type: string) => `as ${type}`,
  waits: (hours: number) => `waits ${count(hours, 'hour')} for your verdict`,
  deleteTitle: (name: string) => `Delete the selection ${name}`,
  deleteMeans: 'What it chose is not tested by this plan any more.',
};

export const selectionText = {
  name: 'Name',
  nameHint: 'Letters, digits and underscores.',
  tagsHint: 'A line a tag: key=value.',
  newTitle: (plan: string) => `New selection of ${plan}`,
  title: (name: string) => `Selection ${name}`,
  create: 'Create the selection',
  kind: 'Of',
  kinds: { EC2: 'Machines', EBS: 'Volumes' },
  kindStays: 'What a selection is of stays as it was said at first.',
  which: 'Which ones',
  whichOnes: {
    all: 'all that have a backup',
    tagged: 'those whose backup has, or lacks, tags',
    named: 'those named here',
  },
  has: 'It has all of these tags',
  hasNot: 'And none of these',
  ids: 'Ids',
  idsHint: {
    EC2: 'A line an id: i-… of this region, or the ARN of a machine of another.',
    EBS: 'A line an id: vol-… of this region, or the ARN of a volume of another.',
  },
  looks: 'What these tests look at besides (YAML)',
  looksHint:
    'Type and checks, as a drill has them. What each drill of a machine looks at is said once, at its drills.',
  looksExample: 'type: t3.micro\nchecks:\n  - service: postgresql\n  - port: 5432',
  looksOnly: 'A selection has type and checks alone: say the rest of the machine, at its drills.',
  hours: 'Hours for which your own verdict is waited for',
  hoursHint: '0: Imago’s verdict is the one. Yours comes by put-restore-validation-result.',
};

export const testsText = {
  title: 'Tests',
  empty: 'It has tested nothing yet.',
  columns: { of: 'Of', backup: 'Backup', started: 'Started', verdict: 'Verdict', drill: 'Drill' },
  forgotten: 'no more kept',
  evidence: 'with its screen and its console',
  ready: (time: string) => `ready after ${time}`,
};
