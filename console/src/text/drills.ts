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
  toBackups: 'To the backups',
  partly: (shown: number) => `${shown} drills are shown.`,
  more: 'Show more',
  columns: {
    backup: 'Backup',
    drills: 'Drills',
    last: 'Last',
    verdict: 'Verdict',
    running: 'Running',
    ready: 'Ready',
    checked: 'Checked',
    checks: 'Checks',
    trend: 'Trend',
  },
  states,
};

export const backupDrillsText = {
  back: 'All drills',
  title: (id: string) => `Drills of ${id}`,
  begin: 'Drill it now…',
  empty: 'It was not drilled yet.',
  trend: 'Time until all was checked',
  bar: (when: string, state: string, took: string) => `${when}: ${state}, ${took}`,
  untold: 'no time told',
  highest: (time: string) => `The highest is ${time}; the newest is on the right.`,
  columns: { drill: 'Drill', started: 'Started' },
};

export const drillText = {
  title: (id: string) => `Drill of ${id}`,
  stop: 'Stop it',
  again: 'Drill it again…',
  facts: {
    title: 'How it went',
    id: 'Drill',
    backup: 'Backup',
    reason: 'Why',
    started: 'Started',
    ended: 'Ended',
    running: 'Running after',
    ready: 'Ready after',
    checked: 'All checked after',
    machine: 'Its machine',
    task: 'Task',
  },
  checks: 'Checks',
  noChecks: 'Nothing was asked but that it comes up.',
  noneYet: 'None is done yet.',
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
  evidence: 'When it failed',
  screen: 'What its screen showed',
  console: 'What its console said last',
  screenAlt: (id: string) => `Screen of the machine of ${id}`,
  nothingKept: 'Nothing of its console and its screen is kept.',
};

export const drillDialogText = {
  title: (id: string) => `Drill ${id}`,
  means:
    'It is booted without a cable to anybody, looked into, and judged. No machine is left, and nothing is copied.',
  meansOfSnapshot:
    'Where something boots from it, it is booted without a cable to anybody, looked into, and judged. Otherwise every block of it is read, and every file.',
  begin: 'Begin',
  wrong: (line: number, why: string) => `Line ${line}: ${why}`,
  checks: 'What it looks at (YAML)',
  hint: 'Empty: that it comes up, or can be read, is enough. A check is one of command, file, service, port and query.',
  example:
    'checks:\n  - service: postgresql\n  - port: 5432\n  - command: test -e /srv/shop\ncompare:\n  - /etc/passwd',
};
