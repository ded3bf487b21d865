/**
 * What a drill is to look at as people write it: one YAML file, whose mistakes are told by the line
 * that they are on. Limits are the server's.
 */
import { readFile } from 'node:fs/promises';
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import type { DrillCheckRequest, StartDrillRequest } from '../api/imago-drills.ts';
import { CommandError } from './command-error.ts';

const textBytesMax = 256 * 1024;

type Members = Readonly<Record<string, { as: string; isNumber?: true }>>;

const ofDrill: Members = {
  type: { as: 'InstanceType' },
  console: { as: 'ConsoleText' },
  timeout: { as: 'BootTimeoutSeconds', isNumber: true },
};
const ofCheck: Members = {
  name: { as: 'Name' },
  command: { as: 'Command' },
  exit: { as: 'ExitCode', isNumber: true },
  file: { as: 'File' },
  sha256: { as: 'Sha256' },
  service: { as: 'Service' },
  port: { as: 'Port', isNumber: true },
  query: { as: 'Query' },
  client: { as: 'Client' },
  database: { as: 'Database' },
  user: { as: 'User' },
  equals: { as: 'Equals' },
  contains: { as: 'Contains' },
  timeout: { as: 'TimeoutSeconds', isNumber: true },
  within: { as: 'WithinSeconds', isNumber: true },
};

export async function readDrillFile(
  file: string,
): Promise<Omit<StartDrillRequest, 'ImageId' | 'SnapshotId'>> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(`${file} cannot be read: ${error.message}`);
  });
  if (Buffer.byteLength(text) > textBytesMax) throw new CommandError(`${file} is too long.`);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const wrong = (offset: number, message: string) =>
    new CommandError(`${file}:${Math.max(lines.linePos(offset).line, 1)}: ${message}`);
  const [error] = document.errors;
  if (error) throw wrong(error.pos[0], error.message);
  const failed = (node: Node | null, message: string) => wrong(node?.range?.[0] ?? 0, message);
  const lists = { checks: null, compare: null };
  const { checks, compare, ...drill } = mapOf(document.contents, { ...ofDrill, ...lists }, failed);
  const itemsOf = (name: string, list: unknown) => {
    if (list === undefined) return [];
    if (!isSeq(list)) throw failed(list as Node, `${name} is a list`);
    return list.items as Node[];
  };
  return {
    ...drill,
    Checks: itemsOf('checks', checks).map(
      (item) => mapOf(item, ofCheck, failed) as DrillCheckRequest,
    ),
    ...(compare !== undefined && {
      Compare: itemsOf('compare', compare).map((item) => {
        if (isScalar(item) && typeof item.value === 'string') return item.value;
        throw failed(item, 'compare is a list of paths');
      }),
    }),
  };
}

/** Null: the node itself. */
function mapOf(
  node: Node | null,
  members: Readonly<Record<string, Members[string] | null>>,
  failed: (node: Node | null, message: string) => CommandError,
): Record<string, unknown> {
  const names = Object.keys(members).join(', ');
  if (!isMap(node)) throw failed(node, `there are the members ${names}`);
  const found: Record<string, unknown> = {};
  for (const { key, value } of node.items) {
    const name = isScalar(key) ? String(key.value) : '';
    const member = Object.hasOwn(members, name) ? members[name] : undefined;
    if (member === undefined) throw failed(key as Node, `there is no '${name}': ${names}`);
    if (member === null) {
      found[name] = value;
      continue;
    }
    // As it is written: `3` and `1.10` are texts of an output.
    if (!isScalar(value) || value.value === null) throw failed(value as Node, `${name} is a text`);
    const text = typeof value.value === 'string' ? value.value : (value.source ?? '');
    if (member.isNumber && !/^\d+$/.test(text)) throw failed(value, `${name} is a whole number`);
    found[member.as] = member.isNumber ? Number(text) : text;
  }
  return found;
}
