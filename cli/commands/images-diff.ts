/**
 * `imago images diff`: in what two images differ. As diff(1) it ends with 0 where they are the same
 * and with 1 where they are not.
 */
import type { Differences, FileChange, PackageChange } from '../../api/imago-differences.ts';
import { type CommandContext, connect } from '../context.ts';
import { shownPath } from '../image-paths.ts';
import type { Output, Style } from '../output.ts';
import { harmless, harmlessLine } from '../terminal-text.ts';

export interface DiffOptions {
  /** Files of packages that changed, too. */
  all?: boolean;
  /** With what differs in texts. */
  text?: boolean;
}

export async function imagesDiffCommand(
  context: CommandContext,
  imageId: string,
  otherId: string,
  options: DiffOptions = {},
): Promise<void> {
  const client = connect(context);
  const differences = await context.progress.step(`${imageId} and ${otherId}`, () =>
    client.imago('DiffImages', { ImageId: imageId, OtherImageId: otherId }),
  );
  tellDifferences(context.output, differences, options);
}

export function tellDifferences(
  output: Output,
  differences: Differences,
  { all = false, text = true }: DiffOptions,
): void {
  if (!differences.Same) process.exitCode = 1;
  if (output.json) output.document(differences);
  else if (differences.Same) output.line('There is no difference.');
  else tellAll(output, differences, { all, text });
}

function tellAll(output: Output, differences: Differences, { all, text }: Required<DiffOptions>) {
  const { Packages: packages, Files: files } = differences;
  if (packages.length > 0) tellPackages(output, packages);
  const changed = new Set(packages.map(({ Name }) => Name));
  const isOf = ({ Package }: FileChange) => Package !== undefined && changed.has(Package);
  const shown = all ? files : files.filter((file) => !isOf(file) || isTold(file));
  if (shown.length > 0) {
    output.line(output.style('bold', 'Files'));
    for (const file of shown) tellFile(output, file, text);
  }
  const hidden = files.length - shown.length;
  if (hidden > 0) {
    output.line(`… and ${hidden} files of packages that changed (--all shows them).`);
  }
}

/** Configuration that was there is somebody's to decide on, whosever it is. */
function isTold({ Change, TextDiff }: FileChange): boolean {
  return Change === 'changed' && TextDiff !== undefined;
}

const styles: Record<string, Style> = {
  added: 'green',
  removed: 'red',
  upgraded: 'cyan',
  downgraded: 'yellow',
  changed: 'yellow',
};

function tellPackages(output: Output, packages: readonly PackageChange[]): void {
  output.table(
    ['PACKAGE', 'ARCHITECTURE', 'CHANGE', 'BEFORE', 'AFTER'],
    packages.map((each) => [
      each.Name,
      each.Architecture,
      each.Change,
      each.Before ?? '',
      each.After ?? '',
    ]),
  );
  output.line();
}

function tellFile(output: Output, file: FileChange, text: boolean): void {
  const { Change, Package, TextDiff } = file;
  const path = shownPath(file.Path, file.PathBytes);
  const owner = Package === undefined ? '' : `  (${harmlessLine(Package)})`;
  const word = output.style(styles[Change] ?? 'bold', Change.padEnd(8));
  output.line(`${word} ${path}${whatOf(file)}${owner}`);
  if (!text || TextDiff === undefined) return;
  for (const line of harmless(TextDiff).replace(/\n$/, '').split('\n')) {
    const style = { '+': 'green', '-': 'red', '@': 'cyan' }[line[0] ?? ''] as Style | undefined;
    output.line(`    ${style ? output.style(style, line) : line}`);
  }
}

/** Such as `: mode 0644 -> 0600, content`. */
function whatOf({ Differences, Before, After }: FileChange): string {
  if (!Differences || !Before || !After) return '';
  const told = Differences.map((what) => {
    const [was, is] = {
      mode: [Before.Mode, After.Mode],
      owner: [Before.Uid, After.Uid],
      group: [Before.Gid, After.Gid],
      kind: [Before.Kind, After.Kind],
      device: [Before.Device, After.Device],
      target: [
        shownPath(Before.Target ?? '', Before.TargetBytes),
        shownPath(After.Target ?? '', After.TargetBytes),
      ],
      content: [],
      attributes: [Before.Capabilities ?? '', After.Capabilities ?? ''],
    }[what];
    return was === is ? what : `${what} ${was} -> ${is}`;
  });
  return `: ${told.join(', ')}`;
}
