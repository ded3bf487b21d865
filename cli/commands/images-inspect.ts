/** `imago images inspect`: what the system in an image is, all in all. */
import type { DescribeImageContentsResult, ImagePartition } from '../../api/imago-systems.ts';
import { formatBytes } from '../../server/foundations/sizes.ts';
import { type CommandContext, connect } from '../context.ts';
import { shownPath } from '../image-paths.ts';
import type { Output } from '../output.ts';
import { harmlessLine } from '../terminal-text.ts';

/** Of the largest. */
const foldersShown = 15;
/** Those below are the system's own. */
const firstPersonUid = 1000;

export async function imagesInspectCommand(
  context: CommandContext,
  imageId: string,
  { sizes = true }: { sizes?: boolean } = {},
): Promise<void> {
  const { output, progress } = context;
  const client = connect(context);
  const contents = await progress.step(`Look into ${imageId}`, () =>
    client.imago('DescribeImageContents', { ImageId: imageId, FolderSizes: sizes }),
  );
  if (output.json) return output.document(contents);
  tellSystem(output, contents);
  section(
    output,
    'Partitions',
    ['DISK', 'NR', 'SIZE', 'FILE SYSTEM', 'LABEL', 'MOUNT', 'NOTE'],
    [...contents.Partitions.map(partitionRow)],
  );
  tellAccess(output, contents);
  section(
    output,
    'Services',
    ['SERVICE', 'MANAGER', 'STATE', 'FOR'],
    contents.Services.map((each) => [each.Name, each.Manager, each.State, each.For.join(' ')]),
  );
  section(
    output,
    'At times',
    ['SCHEDULE', 'USER', 'COMMAND', 'FILE'],
    contents.Crontab.map((each) => [each.Schedule, each.User, each.Command, each.File]),
  );
  section(
    output,
    'Folders, the largest',
    ['SIZE', 'FILES', 'FOLDER'],
    (contents.Folders ?? [])
      .slice(0, foldersShown)
      .map((each) => [formatBytes(each.SizeBytes), String(each.Files), shownPath(each.Path)]),
  );
}

function tellSystem(output: Output, contents: DescribeImageContentsResult): void {
  const { System: system, BootMode, Kernels, Packages, PackagesUnreadable } = contents;
  const counts = Packages.map(({ Manager, Count }) => `${Count} of ${Manager}`).join(', ');
  const rows = Object.entries({
    System: system.Name ?? 'unknown',
    Hostname: system.Hostname,
    'Time zone': system.TimeZone,
    'Boot mode': BootMode ?? 'none that is known',
    Kernels: Kernels.map(({ Version }) => Version).join(', ') || undefined,
    Packages: PackagesUnreadable ?? (counts || 'none'),
  });
  for (const [name, value] of rows) {
    if (value !== undefined) {
      output.line(`${output.style('bold', name.padEnd(9))}  ${harmlessLine(value)}`);
    }
  }
}

function partitionRow(part: ImagePartition): string[] {
  const note = part.Unreadable ?? (part.Unclean ? 'it was in use when the image was taken' : '');
  return [
    String(part.Disk),
    String(part.Number ?? '-'),
    formatBytes(part.SizeBytes),
    part.FileSystem,
    part.Label ?? part.Name ?? '',
    shownPath(part.MountPath ?? ''),
    note,
  ];
}

/** Who gets in, and what they may do. */
function tellAccess(output: Output, { Users, Ssh, Sudo }: DescribeImageContentsResult): void {
  const people = Users.filter(
    ({ Uid, Password, Shell }) =>
      Uid === 0 || Uid >= firstPersonUid || Password !== 'locked' || /sh$/.test(Shell),
  );
  section(
    output,
    'Users who may come in, or are people',
    ['USER', 'UID', 'PASSWORD', 'SHELL', 'HOME', 'GROUPS'],
    people.map((user) => [
      user.Name,
      String(user.Uid),
      user.Password,
      user.Shell,
      user.Home,
      user.Groups.join(' '),
    ]),
  );
  section(
    output,
    'SSH is told',
    ['SETTING', 'VALUE', 'FOR', 'FILE'],
    Ssh.map(({ Name, Value, Conditional, File }) => [
      Name,
      Value,
      Conditional ? 'some' : 'all',
      File,
    ]),
  );
  section(
    output,
    'sudo lets',
    ['RULE', 'FILE'],
    Sudo.map(({ Line, File }) => [Line, File]),
  );
}

/** Nothing where there is nothing to tell. */
function section(output: Output, title: string, header: string[], rows: string[][]): void {
  if (rows.length === 0) return;
  output.line();
  output.line(output.style('cyan', title));
  output.table(header, rows);
}
