/**
 * What a drill is to look at as people write it, in YAML whose texts are all texts (the schema
 * `failsafe`), as StartDrill takes it. Limits are the server's. Who reads it brings the package
 * `yaml`, as nothing is imported here.
 */
import type { DrillCheckRequest, DrillLooks } from './imago-drill-checks.ts';

/** With the line that is wrong, from 1 on. */
export class DrillTextError extends Error {
  override name = 'DrillTextError';
  readonly line: number;

  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

/** What is used of the package. */
export interface Yaml {
  parseDocument(
    text: string,
    options: { schema: 'failsafe'; prettyErrors: false },
  ): {
    errors: readonly { pos: readonly [number, number]; message: string }[];
    contents: unknown;
    toJS(): unknown;
    getIn(path: readonly unknown[], isNode: true): unknown;
  };
}

/** Nothing written: that the guest comes up is enough. */
export function readDrillText(text: string, { parseDocument }: Yaml): DrillLooks {
  if (text.trim() === '') return {};
  const document = parseDocument(text, { schema: 'failsafe', prettyErrors: false });
  const wrong = (offset: number, message: string) =>
    new DrillTextError(text.slice(0, offset).split('\n').length, message);
  const [error] = document.errors;
  if (error) throw wrong(error.pos[0], error.message);
  try {
    return drillOf(document.toJS());
  } catch (error) {
    if (!(error instanceof WrongMember)) throw error;
    const { path } = error;
    const node = path.length === 0 ? document.contents : document.getIn(path, true);
    throw wrong((node as { range?: [number] } | null)?.range?.[0] ?? 0, error.message);
  }
}

/** Names of members, and places in lists, from the whole on. */
type Path = readonly (string | number)[];

class WrongMember extends Error {
  readonly path: Path;

  constructor(path: Path, message: string) {
    super(message);
    this.path = path;
  }
}

type Members = Readonly<Record<string, { as: string; isNumber?: true } | null>>;

/** Null: a list, which is read by itself. */
const ofDrill: Members = {
  type: { as: 'InstanceType' },
  console: { as: 'ConsoleText' },
  timeout: { as: 'BootTimeoutSeconds', isNumber: true },
  checks: null,
  compare: null,
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

function drillOf(value: unknown): DrillLooks {
  const { checks, compare, ...drill } = membersOf(value, ofDrill, []);
  return {
    ...drill,
    Checks: listOf('checks', checks).map(
      (item, index) => membersOf(item, ofCheck, ['checks', index]) as DrillCheckRequest,
    ),
    ...(compare !== undefined && {
      Compare: listOf('compare', compare).map((item, index) => {
        if (typeof item === 'string') return item;
        throw new WrongMember(['compare', index], 'compare is a list of paths');
      }),
    }),
  };
}

function listOf(name: string, list: unknown): unknown[] {
  if (list === undefined) return [];
  if (Array.isArray(list)) return list;
  throw new WrongMember([name], `${name} is a list`);
}

function membersOf(value: unknown, members: Members, path: Path): Record<string, unknown> {
  const names = Object.keys(members).join(', ');
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new WrongMember(path, `there are the members ${names}`);
  }
  const found: Record<string, unknown> = {};
  for (const [name, text] of Object.entries(value)) {
    const at = [...path, name];
    const member = Object.hasOwn(members, name) ? members[name] : undefined;
    if (member === undefined) throw new WrongMember(at, `there is no '${name}': ${names}`);
    if (member === null) {
      found[name] = text;
      continue;
    }
    if (typeof text !== 'string') throw new WrongMember(at, `${name} is a text`);
    if (member.isNumber && !/^\d+$/.test(text)) {
      throw new WrongMember(at, `${name} is a whole number`);
    }
    found[member.as] = member.isNumber ? Number(text) : text;
  }
  return found;
}

/** The same as text, for `stringify` of that package: what nothing is said of is left out. */
export function drillAsText(looks: DrillLooks, stringify: (value: unknown) => string): string {
  const { Checks: checks = [], Compare: compare = [] } = looks;
  return stringify({
    ...named(looks, ofDrill),
    ...(checks.length > 0 && { checks: checks.map((each) => named(each, ofCheck)) }),
    ...(compare.length > 0 && { compare }),
  });
}

function named(value: object, members: Members): Record<string, unknown> {
  const given = value as Record<string, unknown>;
  const all = Object.entries(members).map(([name, member]) => [name, given[member?.as ?? '']]);
  return Object.fromEntries(all.filter(([, each]) => each !== undefined && each !== null));
}
