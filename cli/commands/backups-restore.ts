/** `imago backups restore`: a machine as it was, or one of its volumes. */
import { readFileSync } from 'node:fs';
import type { RestoreDifference } from '../../api/imago-restores.ts';
import { momentOf } from '../at-option.ts';
import { checkBackup, checkSource } from '../backup-ids.ts';
import { CommandError } from '../command-error.ts';
import { type CommandContext, connect } from '../context.ts';

export interface RestoreOptions {
  instance?: string;
  at?: string;
  inPlace?: boolean;
  preview?: boolean;
  volume?: string;
  attach?: string;
  device?: string;
  type?: string;
  key?: string;
  subnet?: string;
  group?: string[];
  address?: string;
  name?: string;
  userData?: string;
  without?: string[];
}

export async function backupsRestoreCommand(
  context: CommandContext,
  backup: string | undefined,
  options: RestoreOptions = {},
): Promise<void> {
  const { attach, volume } = options;
  checkValues(options);
  checkWhat(backup, options);
  if (attach !== undefined) return restoreVolume(context, backup, { ...options, attach });
  if (volume !== undefined) {
    throw new CommandError('A volume is for a machine.', 'Name it by --attach.', 2);
  }
  const { output } = context;
  const made = await connect(context).imago('RestoreInstance', {
    ...(backup !== undefined && { BackupId: backup }),
    ...(options.instance !== undefined && { InstanceId: options.instance }),
    ...momentOf(options),
    ...(options.inPlace && { InPlace: true }),
    ...(options.preview && { Preview: true }),
    ...wishesOf(options),
  });
  if (output.json) return output.document(made);
  const { BackupId, InstanceId, ReplaceRootVolumeTaskId: task, Differences: differences } = made;
  if (InstanceId !== undefined) output.line(`${InstanceId} is restored of ${BackupId}.`);
  else if (task !== undefined) output.line(`The root volume is replaced by ${BackupId}: ${task}.`);
  else output.line(`Nothing is done. It would be restored of ${BackupId}.`);
  tellDifferences(context, differences);
}

/** Of options that take several values a backup behind them would be one more. */
function checkValues({ group = [], without = [] }: RestoreOptions): void {
  const backup = [...group, ...without].find((value) => /^(ami|snap)-/.test(value));
  if (backup === undefined) return;
  throw new CommandError(
    `${backup} is neither a security group nor a device.`,
    'Name the backup before --group and --without, which take several values.',
    2,
  );
}

/** Of what it is to be: a backup that is named, or the last one of something. */
function checkWhat(backup: string | undefined, { instance, volume, at }: RestoreOptions): void {
  const isOfVolume = volume?.startsWith('vol-') === true;
  const sources = [instance, isOfVolume ? volume : undefined].filter((id) => id !== undefined);
  for (const source of sources) checkSource(source);
  if (backup === undefined && sources.length === 0) {
    throw new CommandError(
      'It is not said what is to be restored.',
      'Name a backup (`imago backups list` has all), or a machine by --instance for its last one.',
      2,
    );
  }
  if (sources.length > 1) {
    throw new CommandError(
      `${instance} and ${volume} each have backups of their own.`,
      'Leave one of them out; of a machine a volume is named by its device, as --volume /dev/sdf.',
      2,
    );
  }
  if (backup === undefined) return;
  checkBackup(backup);
  if (sources.length === 0 && at === undefined) return;
  throw new CommandError(
    `${backup} is one backup already.`,
    'Leave it out, or --instance, --volume vol-… and --at, which choose one.',
    2,
  );
}

/** What the new machine is to have otherwise than it had. */
function wishesOf({ type, key, subnet, group, address, name, userData, without }: RestoreOptions) {
  return {
    ...(type !== undefined && { InstanceType: type }),
    ...(key !== undefined && { KeyName: key }),
    ...(subnet !== undefined && { SubnetId: subnet }),
    ...(group !== undefined && { SecurityGroupIds: group }),
    ...(address !== undefined && { PrivateIpAddress: address }),
    ...(name !== undefined && { Name: name }),
    ...(userData !== undefined && { UserData: base64Of(userData) }),
    ...(without !== undefined && { ExcludeDeviceNames: without }),
  };
}

function base64Of(file: string): string {
  try {
    return readFileSync(file).toString('base64');
  } catch (error) {
    const { message } = error as Error;
    throw new CommandError(`The user data cannot be read: ${message}.`, 'Name a file.', 2);
  }
}

/** Fixed sentences of the server's, with names that people gave. */
function tellDifferences({ output }: CommandContext, differences: RestoreDifference[]): void {
  if (differences.length === 0) return;
  output.line('Not as it was:');
  output.table(
    ['WHAT', 'WAS', 'NOW', 'WHY'],
    differences.map(({ Member, Was, Now, GivenAtLaunch, Reason }) => [
      Member,
      Was ?? '',
      Now ?? (GivenAtLaunch ? 'a new one' : 'none'),
      Reason,
    ]),
  );
}

async function restoreVolume(
  context: CommandContext,
  backup: string | undefined,
  options: RestoreOptions & { attach: string },
): Promise<void> {
  const { output } = context;
  const { volume, instance, attach, device } = options;
  if (options.inPlace || options.preview || Object.keys(wishesOf(options)).length > 0) {
    throw new CommandError(
      'A volume is restored beside what is there.',
      'Leave out --in-place, --preview, and what is of a new machine.',
      2,
    );
  }
  const isSource = volume?.startsWith('vol-') === true;
  const source = isSource ? volume : instance;
  const made = await connect(context).imago('RestoreVolume', {
    ...(backup !== undefined && { BackupId: backup }),
    ...(source !== undefined && { SourceId: source }),
    ...(volume !== undefined && !isSource && { DeviceName: volume }),
    ...momentOf(options),
    ...(device !== undefined && { AttachAs: device }),
    InstanceId: attach,
  });
  if (output.json) return output.document(made);
  const { VolumeId, BackupId, AttachedAs } = made;
  output.line(`${VolumeId}, restored of ${BackupId}, is attached to ${attach} as ${AttachedAs}.`);
}
