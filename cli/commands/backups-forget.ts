/** `imago backups forget`: restic's rules for the backups of one source, with a reason for each. */
import { checkSource } from '../backup-ids.ts';
import { type CommandContext, connect } from '../context.ts';
import { type KeepOptions, keepRulesOf } from '../keep-rules.ts';
import { secondOf } from '../moment.ts';

export interface ForgetOptions extends KeepOptions {
  policy?: string;
  dryRun?: boolean;
}

const fates = { kept: 'keep', removed: 'remove', refused: 'REFUSED' } as const;

export async function backupsForgetCommand(
  context: CommandContext,
  source: string,
  options: ForgetOptions,
): Promise<void> {
  const { output } = context;
  checkSource(source);
  const rules = keepRulesOf(options);
  // The policy has a time zone of its own.
  const { Timezone: _, ...others } = rules;
  const how = options.policy === undefined ? rules : { PolicyName: options.policy, ...others };
  const asked = { SourceId: source, ...how, Preview: options.dryRun };
  const told = await connect(context).imago('ForgetBackups', asked);
  const { Backups: backups } = told;
  if (told.PolicyIsForSource === false) {
    process.stderr.write(
      `${options.policy} is not for ${source}: by itself it removes nothing of it.\n`,
    );
  }
  if (output.json) return output.document(backups);
  if (backups.length === 0) return output.line(`There are no backups of ${source}.`);
  output.table(
    ['FATE', 'BACKUP', 'TAKEN', 'STATE', 'WHY'],
    backups.map(({ Fate, BackupId, CreateTime, State, Reasons, Problem }) => [
      fates[Fate],
      BackupId,
      secondOf(CreateTime),
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
