/**
 * `imago images ls`, `find`, `stat` and `cat`: the files of an image, read by the server without
 * booting it. Names and bytes are strangers'.
 */
import { once } from 'node:events';
import { imagoModel } from '../../api/imago.ts';
import type { ImageFile, ImageFileKind } from '../../api/imago-contents.ts';
import type { Wire } from '../../api/wire.ts';
import { ApiError, type Client } from '../client.ts';
import { CommandError } from '../command-error.ts';
import { type CommandContext, connect } from '../context.ts';
import { shownPath } from '../image-paths.ts';
import type { Output } from '../output.ts';
import { HarmlessStream } from '../terminal-text.ts';

/** As `find` calls them. */
const kinds: Record<string, ImageFileKind> = {
  f: 'file',
  d: 'folder',
  l: 'link',
  c: 'character-device',
  b: 'block-device',
  p: 'fifo',
  s: 'socket',
};
const letters = Object.entries(kinds);
/** Linux has no path that is deeper. */
const depthMax = 4096;

export async function imagesLsCommand(
  context: CommandContext,
  imageId: string,
  path = '/',
): Promise<void> {
  const { output } = context;
  const { Files: files } = await connect(context).imago('ListImageFiles', {
    ImageId: imageId,
    ...pathMember(path),
  });
  tellFiles(output, files);
}

/** As `ls -l` does. */
export function tellFiles(output: Output, files: Wire<ImageFile>[]): void {
  if (output.json) output.document(files);
  if (output.json || files.length === 0) return;
  output.table(
    ['MODE', 'LINKS', 'OWNER', 'GROUP', 'SIZE', 'MODIFIED', 'NAME'],
    files.map((file) => [
      modeText(file),
      String(file.Links),
      file.Owner ?? String(file.Uid),
      file.Group ?? String(file.Gid),
      file.Device?.replace(':', ', ') ?? String(file.SizeBytes),
      minuteOf(file.ModifyDate),
      nameText(file),
    ]),
  );
}

export interface FindOptions {
  name?: string;
  type?: string;
  depth?: number;
}

export async function imagesFindCommand(
  context: CommandContext,
  imageId: string,
  path = '/',
  { name, type, depth }: FindOptions = {},
): Promise<void> {
  const { output } = context;
  const kind = type === undefined ? undefined : (kinds[type] ?? type);
  if (depth !== undefined && !(Number.isInteger(depth) && depth > 0)) {
    throw new CommandError('The depth is a number from 1 on.');
  }
  const { Files: files } = await connect(context).imago('ListImageFiles', {
    ImageId: imageId,
    ...pathMember(path),
    Depth: depth ?? depthMax,
    ...(name !== undefined && { Name: name }),
    ...(kind !== undefined && { Kind: kind as ImageFileKind }),
  });
  if (output.json) return output.document(files);
  for (const { Path, PathBytes } of files) output.line(shownPath(Path, PathBytes));
}

export async function imagesStatCommand(
  context: CommandContext,
  imageId: string,
  path: string,
  { sha256 = false, follow = false }: { sha256?: boolean; follow?: boolean } = {},
): Promise<void> {
  const { output } = context;
  const { File: file } = await connect(context).imago('DescribeImageFile', {
    ImageId: imageId,
    ...pathMember(path),
    ...(sha256 && { Sha256: true }),
    ...(follow && { FollowLinks: true }),
  });
  if (output.json) return output.document(file);
  const owner = (id: number, name?: string) => (name === undefined ? `${id}` : `${name} (${id})`);
  const rows: [string, string][] = [
    ['Path', shownPath(file.Path, file.PathBytes)],
    ['Kind', file.Kind],
    ...(file.Target === undefined
      ? []
      : [['Target', shownPath(file.Target, file.TargetBytes)] as [string, string]]),
    ['Mode', `${file.Mode} (${modeText(file)})`],
    ['Owner', owner(file.Uid, file.Owner)],
    ['Group', owner(file.Gid, file.Group)],
    ['Size', String(file.SizeBytes)],
    ['Links', String(file.Links)],
    ['Inode', String(file.Inode)],
    ['Modified', String(file.ModifyDate)],
    ...(file.Device === undefined ? [] : [['Device', file.Device] as [string, string]]),
    ...(file.Sha256 === undefined ? [] : [['SHA-256', file.Sha256] as [string, string]]),
    ...(file.Attributes ?? []).map(({ Name, Value }): [string, string] => [
      shownPath(Name),
      // In this form of the API bytes come as base64.
      shownPath('', String(Value)),
    ]),
  ];
  for (const [name, value] of rows) output.line(`${output.style('bold', name.padEnd(9))} ${value}`);
}

/** To a terminal it goes without what that would obey, to anything else as it is. */
export async function imagesCatCommand(
  context: CommandContext,
  imageId: string,
  path: string,
): Promise<void> {
  const place = placeOf(imagoModel.routes.GetImageFile, { ImageId: imageId });
  const response = await askForBytes(connect(context), place, path);
  if (context.output.json) {
    const bytes = Buffer.from(await response.arrayBuffer());
    const told = { Path: path, SizeBytes: bytes.length, Bytes: bytes.toString('base64') };
    return context.output.document(told);
  }
  const { stdout } = process;
  const harmless = stdout.isTTY ? new HarmlessStream() : undefined;
  const decoder = new TextDecoder();
  // Whoever reads no more, such as `head`, has what it wants.
  stdout.on('error', () => process.exit(0));
  try {
    for await (const piece of response.body ?? []) {
      const out = harmless ? harmless.add(decoder.decode(piece, { stream: true })) : piece;
      if (!stdout.write(out)) await once(stdout, 'drain');
    }
  } catch {
    throw new CommandError('The file could not be read to its end.', 'See `imago fsck`.');
  }
  if (harmless) stdout.write(harmless.end());
}

/** Of a route of the contract, where what it names is put in. */
export function placeOf(route: string, names: Readonly<Record<string, string>>): string {
  return Object.entries(names).reduce(
    (place, [name, value]) => place.replace(`{${name}}`, encodeURIComponent(value)),
    route.replace(/^GET /, ''),
  );
}

/** The bytes of what is at a path, as they are read. */
export async function askForBytes(client: Client, place: string, path: string): Promise<Response> {
  const query = new URLSearchParams({ pathBytes: Buffer.from(path).toString('base64') });
  const url = await client.presignedUrl('imago', `${place}?${query}`);
  let response: Response;
  try {
    response = await fetch(url);
  } catch (error) {
    throw client.unreachable(error);
  }
  if (response.ok) return response;
  const { message = '' } = (await response.json()) as { message?: string };
  throw new ApiError(response.headers.get('x-amzn-errortype') ?? 'Unknown', message);
}

/** Requests carry no control characters as text. */
export function pathMember(path: string) {
  const isPlain = shownPath(path) === path;
  return isPlain ? { Path: path } : { PathBytes: Buffer.from(path).toString('base64') };
}

function nameText({ Path, PathBytes, Target, TargetBytes }: Wire<ImageFile>): string {
  const name = shownPath(Path, PathBytes).replace(/^.*\//, '');
  return Target === undefined ? name : `${name} -> ${shownPath(Target, TargetBytes)}`;
}

/** As `ls` writes it. */
function modeText({ Kind, Mode }: Wire<ImageFile>): string {
  const [letter] = letters.find(([, kind]) => kind === Kind) ?? ['?'];
  const mode = Number.parseInt(Mode, 8);
  const special = [
    { bit: 0o4000, set: 's', alone: 'S' },
    { bit: 0o2000, set: 's', alone: 'S' },
    { bit: 0o1000, set: 't', alone: 'T' },
  ];
  const parts = special.map(({ bit, set, alone }, index) => {
    const three = (mode >> (6 - 3 * index)) & 7;
    const runs = (three & 1) !== 0;
    const plain = runs ? 'x' : '-';
    const last = (mode & bit) === 0 ? plain : runs ? set : alone;
    return `${three & 4 ? 'r' : '-'}${three & 2 ? 'w' : '-'}${last}`;
  });
  return `${letter === 'f' ? '-' : letter}${parts.join('')}`;
}

function minuteOf(date: Date | string): string {
  return new Date(date).toISOString().slice(0, 16).replace('T', ' ');
}
