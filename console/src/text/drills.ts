/** Drills: backups are booted or read, and judged. */
const count = (many: number, one: string, more = `${one}s`) => `${many} ${many === 1 ? one : more}`;
const states = {
  running: 'under way',
  passed: '✓ passed',
  failed: '✗ failed',
  stopped: 'stopped',
  error: 'not done',
};

export const drillsText = {
  title: 'Drills',
  means:
    'A drill boots a backup without a cable to anybody, looks into it, judges it, and leaves no machine. Of a volume of data it reads every block and every file.',
  empty: 'Nothing was drilled yet. Begin one of a backup, an image or a snapshot in its view.',
  emptyCommand: 'bin/imago drill ami-…',
  toBackups: 'To the backups',
  partly: (shown: number) => `${shown} drills are shown.`,
  more: 'Show more',
  tabsLabel: 'Drills, testing plans and checks',
  tabs: { drills: 'Drills', plans: 'Testing plans', checks: 'Checks' },
  columns: {
    of: 'Of',
    backup: 'Backup',
    drills: 'Drills',
    last: 'Last',
    verdict: 'Verdict',
    running: 'Running',
    ready: 'Ready',
    ssh: 'SSH',
    checked: 'Checked',
    checks: 'Checks',
    trend: 'Trend',
  },
  states,
  failedByCustomer: '✗ failed by customer',
  of: 'of',
};

export const drillsOfText = {
  back: 'All drills',
  title: (id: string) => `Drills of ${id}`,
  begin: 'Drill it now…',
  beginNewest: 'Drill its newest backup…',
  noneWhole: 'It has no backup that is whole.',
  backups: 'Its backups',
  empty: 'It was not drilled yet.',
  emptySource: 'No backup of it was drilled yet: “Drill its newest backup…” does that.',
  trend: 'Time until all was checked',
  trendOf: (bars: readonly string[]) =>
    `Time until all was checked, the oldest drill first. ${bars.join('. ')}.`,
  bar: (when: string, state: string, times: readonly string[]) =>
    [`${when}: ${state}`, ...times].join(', '),
  reached: {
    running: (time: string) => `running after ${time}`,
    ready: (time: string) => `ready after ${time}`,
    ssh: (time: string) => `SSH answers after ${time}`,
    checked: (time: string) => `all checked after ${time}`,
  },
  legend: {
    running: 'until it runs',
    ready: 'until its agent or SSH answers',
    checked: 'until all is checked',
    missed: 'not reached',
    passed: '✓ passed',
    failed: '✗ failed',
    none: 'no verdict',
  },
  highest: (time: string) => `The highest is ${time}; the newest is on the right.`,
  columns: { drill: 'Drill', backup: 'Backup', started: 'Started' },
};

export const drillText = {
  title: (id: string) => `Drill of ${id}`,
  stop: 'Stop it',
  again: 'Drill it again…',
  facts: {
    title: 'How it went',
    id: 'Drill',
    backup: 'Backup',
    plan: 'By the testing plan',
    reason: 'Why',
    imago: 'By Imago',
    customer: 'By the customer',
    untold: 'Not told by',
    started: 'Started',
    ended: 'Ended',
    running: 'Running after',
    ready: 'Ready after',
    ssh: 'SSH answers after',
    checked: 'All checked after',
    machine: 'Its machine',
    task: 'Task',
  },
  byCustomer: (verdict: string, why?: string) =>
    why === undefined ? verdict : `${verdict}: ${why}`,
  checks: 'Checks',
  noChecks: 'Nothing was asked but that it comes up.',
  noneYet: 'None is done yet.',
  noneDone: 'None was done.',
  done: (done: number, all: number) => `${done} of ${count(all, 'check')} done`,
  columns: {
    check: 'Check',
    kind: 'Kind',
    result: 'Result',
    found: 'What was found',
    took: 'Took',
  },
  passed: '✓ holds',
  failed: '✗ does not',
  exit: (code: number) => `exit code ${code}`,
  evidence: 'At its end',
  screen: 'What its screen showed',
  console: 'What its console said last',
  screenAlt: (id: string) => `Screen of the machine of ${id}`,
  nothingKept: 'Nothing of its console and its screen is kept.',
};

export const sourceChecksText = {
  title: 'What each of its drills looks at',
  means:
    'Said once, it is looked at by every drill of a backup of it, begun by hand or by a restore testing plan, before what the drill is asked for itself.',
  none: 'Nothing is said of it: a drill sees whether it comes up, or can be read.',
  say: 'Say when it is well…',
  edit: 'Change…',
  delete: 'Delete…',
  since: 'Said',
  dialogTitle: (id: string) => `When ${id} is well`,
  save: 'Save',
  deleteTitle: (id: string) => `Delete what drills of ${id} look at`,
  deleteMeans:
    'Its drills look at nothing but what they are asked for themselves. Those under way go on with it.',
  deleteNow: 'Delete',
};

export const checksListText = {
  title: 'Checks of machines and volumes',
  means: 'What each drill of a backup of a machine or a volume looks at, be that there or gone.',
  find: 'Machine or volume: i-… or vol-…',
  empty: 'Nothing is said of any machine or volume. Name one above to say when it is well.',
  emptyCommand: 'bin/imago drill checks put i-… drill.yaml',
  columns: { of: 'Of', checks: 'Checks', compared: 'Files compared', since: 'Said' },
};

export const checksFieldText = {
  wrong: (line: number, why: string) => `Line ${line}: ${why}`,
  label: 'What it looks at (YAML)',
  example:
    'checks:\n  - service: postgresql\n  - port: 5432\n  - command: test -e /srv/shop\ncompare:\n  - /etc/passwd',
};

export const drillDialogText = {
  title: (id: string) => `Drill ${id}`,
  means:
    'It is booted without a cable to anybody, looked into, and judged. No machine is left, and nothing is copied.',
  meansOfSnapshot:
    'Where something boots from it, it is booted without a cable to anybody, looked into, and judged. Otherwise every block of it is read, and every file.',
  begin: 'Begin',
  hint: 'Looked at after what was said of its machine or volume. Empty: that it comes up, or can be read, is enough. A check is one of command, file, service, port and query.',
  kinds: 'A check is one of command, file, service, port and query.',
};
