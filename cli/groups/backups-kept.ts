/** `imago backups forget|policies|simulate`: which backups stay. */
import { type Command, command, contextOf, repeated } from '../command-line.ts';

/** Restic's. */
function keepOptions(of: Command): Command {
  const rule = (more: string) => `keep ${more}`;
  for (const period of ['hour', 'day', 'week', 'month', 'year']) {
    const name = period === 'day' ? 'daily' : `${period}ly`;
    of.option(`--keep-${name} <n>`, rule(`the newest of each of the last so many ${period}s`));
    const within = rule(`that of each ${period} within that time before the newest`);
    of.option(`--keep-within-${name} <duration>`, within);
  }
  return of
    .option('--keep-last <n>', rule('the newest so many'))
    .option('--keep-within <duration>', rule('what is no older before the newest, as 1y5m7d2h'))
    .option('--keep-tag <key=value...>', rule('what has all tags of one list: key=value,key=value'))
    .option('--timezone <name>', 'of days and hours (default: your own)');
}

export function addForget(backups: Command): void {
  const forget = command(
    backups,
    'forget <source>',
    'Remove the backups of a machine or volume that no rule keeps, and tell why the others stay.',
    [
      'imago backups forget i-… --keep-daily 7 --keep-weekly 5 --keep-monthly 12 --dry-run',
      'imago backups forget vol-… --keep-last 3 --keep-within 1m',
      'imago backups forget i-… --keep-yearly unlimited --keep-tag keep=me',
    ],
  );
  keepOptions(forget)
    .option('--policy <name>', 'by the rules of this policy (imago backups policies)')
    .option('-n, --dry-run', 'tell it, and remove nothing')
    .inRegion()
    .addHelpText(
      'after',
      "\nThe rules are restic's; hours, days, … without a backup do not count. Never removed are the\n" +
        'last backup that is whole, the last whose drill passed, and what is shared with others. What\n' +
        'a policy made goes too, and so do images that people made of the machine.',
    )
    .action(async (source, options) => {
      const { backupsForgetCommand } = await import('../commands/backups-forget.ts');
      await backupsForgetCommand(contextOf(options), source, options);
    });
}

export function addSimulate(backups: Command): void {
  const simulate = command(
    backups,
    'simulate',
    'Show as a calendar what a policy comes to, before it is there or while it is.',
    [
      'imago backups simulate --policy policy-…',
      'imago backups simulate --details details.json --days 90',
      'imago backups simulate --every 1d --keep-daily 7 --keep-weekly 5 --keep-monthly 12',
      "imago backups simulate --cron '0 3 * * ? *' --keep-within-daily 1m --size 40 --change 2%",
      'imago backups simulate --policy policy-… --forget thin --source i-…',
    ],
  )
    .option('--policy <id>', 'of the Data Lifecycle Manager, at rest or not')
    .option('--details <file>', 'the PolicyDetails of one that is to be, as JSON')
    .option('--every <time>', 'a backup each so many minutes, hours or days: 30m, 6h, 1d')
    .option('--cron <fields>', "a backup at times of AWS's six fields")
    .option('--forget <name>', 'forget by this policy (imago backups policies), at its times')
    .option('--forget-every <time>', 'apply the rules at these times, and not after each backup')
    .option('--forget-cron <fields>', 'the same, at times of six fields')
    .option('--source <id>', 'take the size and the changes from the backups that it has');
  keepOptions(simulate)
    .option('--start <date>', 'begin then (default: now)')
    .option('--days <n>', 'for so many days (default: 365)')
    .option('--size <GiB>', 'what is in use on the disks of the machine (default: 8)')
    .option('--change <much>', 'what of it is written anew each day: 1%, 80M (default: 1%)')
    .inRegion()
    .addHelpText(
      'after',
      '\nNothing is changed. It begins without backups, and all that are made are whole. Rules of a\n' +
        "policy count, and restic's are applied after each backup. Bytes are an estimate: what was\n" +
        'changed at random places between two backups that are kept; the store compresses them.',
    )
    .action(async (options) => {
      const { backupsSimulateCommand } = await import('../commands/backups-simulate.ts');
      await backupsSimulateCommand(contextOf(options), options);
    });
}

export function addPolicies(backups: Command): void {
  const policies = backups
    .command('policies')
    .description("Have backups forgotten by restic's rules at certain times.");
  command(policies, 'list', 'List them, and what they did last.', ['imago backups policies list'])
    .inRegion()
    .action(async (options) => {
      const { policiesListCommand } = await import('../commands/backups-policies.ts');
      await policiesListCommand(contextOf(options));
    });
  const put = command(policies, 'put <name>', 'Make one, or say all of it anew.', [
    'imago backups policies put thin --tag backup=nightly --keep-daily 7 --keep-monthly 12',
    'imago backups policies put db --source vol-… --keep-within 1m --every 6h',
  ])
    .option('--source <id>', 'an instance or a volume, be it gone (repeatable)', repeated)
    .option('--tag <key=value>', 'all instances and volumes that have it (repeatable)', repeated)
    .option('--every <time>', 'each so many minutes, hours or days: 30m, 6h, 1d')
    .option('--cron <fields>', "at times of AWS's six fields (default: at 04:30 each day)")
    .option('--disabled', 'at rest');
  keepOptions(put)
    .inRegion()
    .addHelpText(
      'after',
      '\nIt is for all that `imago backups list SOURCE` lists: what policies, jobs and people made.\n' +
        'What is never removed is as in `imago backups forget`.',
    )
    .action(async (name, options) => {
      const { policyPutCommand } = await import('../commands/backups-policies.ts');
      await policyPutCommand(contextOf(options), name, options);
    });
  command(policies, 'delete <name>', 'Take one away; the backups stay.', [
    'imago backups policies delete thin',
  ])
    .inRegion()
    .action(async (name, options) => {
      const { policyDeleteCommand } = await import('../commands/backups-policies.ts');
      await policyDeleteCommand(contextOf(options), name);
    });
}
