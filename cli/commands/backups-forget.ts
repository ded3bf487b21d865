/** `imago backups forget`: restic's rules for the backups of one source, with a reason for each. */
import type { ForgetBackupsRequest } from '../../api/imago-forget.ts';
import { CommandError } from '../command-error.ts';
import { type CommandContext, connect } from '../context.ts';

export interface ForgetOptions {
  keepLast?: string;
  keepHourly?: string;
  keepDaily?: string;
  keepWeekly?: string;
  keepMonthly?: string;
  keepYearly?: string;
  keepWithin?: string;
  keepTag?: string[];
  timezone?: string;
  dryRun?: boolean;
}

const fates = { kept: 'keep', removed: 'remove', refused: 'REFUSED' } as const;

export async function backupsForgetCommand(
  context: CommandContext,
  source: string,
  options: ForgetOptions,
): Promise<void> {
  const { output } = context;
  const asked = requestOf(source, options);
  const { Backups: backups } = await connect(context).imago('ForgetBackups', asked);
  if (output.json) return output.document(backups);
  if (backups.length === 0) return output.line(`There are no backups of ${source}.`);
  output.table(
    ['FATE', 'BACKUP', 'TAKEN', 'STATE', 'WHY'],
    backups.map(({ Fate, BackupId, CreateTime, State, Reasons, Problem }) => [
      fates[Fate],
      BackupId,
      new Date(CreateTime).toISOString().slice(0, 19).replace('T', ' '),
      State,
      Problem ?? Reasons.join(', '),
    ]),
  );
  const count = (fate: string) => backups.filter(({ Fate }) => Fate === fate).length;
  const removed = `${count('removed')} ${options.dryRun ? 'would be removed' : 'removed'}`;
  const refused = count('refused');
  output.line();
  output.line(
    `${count('kept')} kept, ${removed}${refused > 0 ? `, ${refused} could not be removed` : ''}.`,
  );
}

function requestOf(source: string, options: ForgetOptions): ForgetBackupsRequest {
  const { keepWithin, keepTag, timezone, dryRun } = options;
  return {
    SourceId: source,
    KeepLast: countOf(options.keepLast),
    KeepHourly: countOf(options.keepHourly),
    KeepDaily: countOf(options.keepDaily),
    KeepWeekly: countOf(options.keepWeekly),
    KeepMonthly: countOf(options.keepMonthly),
    KeepYearly: countOf(options.keepYearly),
    KeepWithin: keepWithin,
    KeepTags: keepTag,
    Timezone: timezone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
    Preview: dryRun,
  };
}

function countOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (text === 'unlimited') return -1;
  if (/^\d{1,6}$/.test(text)) return Number(text);
  const message = `${text} is no number of backups.`;
  throw new CommandError(message, 'Give a number, or "unlimited".', 2);
}
