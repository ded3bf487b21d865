/** `imago backups list` and `show`: what there is to go back to. */
import type { Backup } from '../../api/imago-backups.ts';
import type { Wire } from '../../api/wire.ts';
import { formatBytes } from '../../server/foundations/sizes.ts';
import { checkBackup, checkSource } from '../backup-ids.ts';
import { type CommandContext, connect } from '../context.ts';
import { secondOf } from '../moment.ts';
import type { Output } from '../output.ts';

/** Of a name that is longer a line beside its ids has no room. */
const shownOfName = 32;

export async function backupsListCommand(
  context: CommandContext,
  sourceId?: string,
  { long = false }: { long?: boolean } = {},
): Promise<void> {
  const { output } = context;
  if (sourceId !== undefined) checkSource(sourceId);
  const { Backups: backups } = await connect(context).imago('ListBackups', {
    ...(sourceId !== undefined && { SourceId: sourceId }),
  });
  if (output.json) return output.document(backups);
  if (backups.length === 0) {
    const of = sourceId === undefined ? '' : ` of ${sourceId}`;
    return output.line(`There are no backups${of} in this region (--region names another one).`);
  }
  if (long) tellAll(output, backups);
  else tellBySource(output, backups);
}

/** Within 80 columns, which a row with its source, and who made it, is not. */
function tellBySource(output: Output, backups: readonly Wire<Backup>[]): void {
  const rows: (string | string[])[] = [];
  for (const [source, those] of Map.groupBy(backups, sourceOf)) {
    const name = those[0]?.SourceName;
    const called = name === undefined ? '' : ` (${output.isTerminal ? shortened(name) : name})`;
    rows.push(`${source}${called}`);
    for (const backup of those) {
      rows.push([
        backup.BackupId,
        secondOf(backup.CreateTime),
        backup.State,
        backup.Consistency ?? '',
        backup.LastDrill?.Verdict ?? '',
      ]);
    }
  }
  output.table(['BACKUP', 'TAKEN', 'STATE', 'CONSISTENT', 'DRILL'], rows);
}

function shortened(name: string): string {
  return name.length <= shownOfName ? name : `${name.slice(0, shownOfName - 1)}…`;
}

function tellAll(output: Output, backups: readonly Wire<Backup>[]): void {
  output.table(
    ['SOURCE', 'CALLED', 'BACKUP', 'TAKEN', 'STATE', 'BY', 'CONSISTENT', 'ALONE', 'DRILL'],
    backups.map((backup) => [
      sourceOf(backup),
      backup.SourceName ?? '',
      backup.BackupId,
      secondOf(backup.CreateTime),
      backup.State,
      madeBy(backup),
      backup.Consistency ?? '',
      backup.ExclusiveBytes === undefined ? '' : formatBytes(backup.ExclusiveBytes),
      backup.LastDrill?.Verdict ?? '',
    ]),
  );
}

export async function backupsShowCommand(context: CommandContext, id: string): Promise<void> {
  const { output } = context;
  checkBackup(id);
  const told = await connect(context).imago('DescribeBackup', { BackupId: id });
  if (output.json) return output.document(told);
  const { Backup: backup, Machine: machine, Volumes: volumes } = told;
  const { LastDrill: drill, SourceName: name } = backup;
  const source = name === undefined ? sourceOf(backup) : `${sourceOf(backup)} (${name})`;
  const groups = machine?.SecurityGroups.map(
    ({ GroupId, GroupName }) => `${GroupName} (${GroupId})`,
  );
  const facts: [string, string | undefined][] = [
    ['Backup', `${backup.BackupId}, ${backup.State}`],
    ['Of', source],
    ['Taken', secondOf(backup.CreateTime)],
    ['By', madeBy(backup)],
    ['Consistent', backup.Consistency],
    ['Drill', drill && `${drill.Verdict}, ${secondOf(drill.EndTime)}`],
    ['Type', machine?.InstanceType],
    ['Key pair', machine?.KeyName],
    ['Groups', groups?.join(', ')],
    ['Subnet', machine?.SubnetId],
    ['Address', machine?.PrivateIpAddress],
    ['User data', machine && (machine.HasUserData ? 'yes, for a restore alone' : 'none')],
  ];
  const known = facts.flatMap(([what, fact]) => (fact === undefined ? [] : [[what, fact]]));
  output.table(['WHAT', 'HOW'], known);
  output.line();
  output.table(
    ['DEVICE', 'SIZE', 'TYPE', 'SNAPSHOT', 'WAS'],
    volumes.map((volume) => [
      volume.DeviceName ?? '',
      `${volume.SizeGiB} GiB`,
      volume.VolumeType ?? '',
      volume.SnapshotId ?? 'not in the backup',
      volume.VolumeId ?? '',
    ]),
  );
}

/** A volume's, that was taken with the others of a machine, names that. */
function sourceOf({ SourceId, InstanceId }: Wire<Backup>): string {
  return InstanceId === undefined ? SourceId : `${SourceId} of ${InstanceId}`;
}

function madeBy({ PolicyId, JobId }: Wire<Backup>): string {
  return PolicyId ?? JobId ?? 'hand';
}
