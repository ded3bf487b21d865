/**
 * The users and groups of a system, by /etc/passwd, group and shadow. Of passwords only whether
 * there is one is told.
 */
import type { SystemTree } from './system-tree.ts';

const fileMaxBytes = 1024 ** 2;
/** Of a system, in which they are some dozens. */
const entriesMax = 10_000;

export type Password = 'none' | 'locked' | 'set';

export interface User {
  name: string;
  uid: number;
  gid: number;
  home: string;
  shell: string;
  /** `none`: the account is entered without any. */
  password: Password;
  /** The names of its groups, its own first. */
  groups: string[];
}

export interface Group {
  name: string;
  gid: number;
  members: string[];
}

export interface Accounts {
  users: User[];
  groups: Group[];
}

export async function readAccounts(tree: SystemTree): Promise<Accounts> {
  const [passwd, group, shadow] = await Promise.all(
    ['passwd', 'group', 'shadow'].map(async (name) => {
      const text = await tree.readFile(`/etc/${name}`, fileMaxBytes);
      return text?.toString() ?? '';
    }),
  );
  return parseAccounts({ passwd: passwd ?? '', group: group ?? '', shadow: shadow ?? '' });
}

export function parseAccounts(files: { passwd: string; group: string; shadow: string }): Accounts {
  const groups = lines(files.group, 4).map(
    ([name = '', , gid, members = '']): Group => ({
      name,
      gid: numberOf(gid),
      members: members.split(',').filter((each) => each !== ''),
    }),
  );
  const passwords = new Map(lines(files.shadow, 2).map(([name = '', word = '']) => [name, word]));
  const names = new Map<number, string>();
  const others = new Map<string, string[]>();
  for (const { name, gid, members } of groups) {
    if (!names.has(gid)) names.set(gid, name);
    for (const member of members) {
      const of = others.get(member) ?? [];
      others.set(member, of);
      of.push(name);
    }
  }
  const users = lines(files.passwd, 7).map(([name = '', word = '', ...rest]): User => {
    const [uid, gid, , home = '', shell = ''] = rest;
    const own = names.get(numberOf(gid));
    return {
      name,
      uid: numberOf(uid),
      gid: numberOf(gid),
      home,
      shell,
      password: passwordOf(word === 'x' ? (passwords.get(name) ?? '*') : word),
      groups: [...new Set([...(own === undefined ? [] : [own]), ...(others.get(name) ?? [])])],
    };
  });
  return { users, groups };
}

/** What begins with `!` or `*` is the hash of nothing. */
function passwordOf(word: string): Password {
  if (word === '') return 'none';
  return /^[!*]/.test(word) ? 'locked' : 'set';
}

function lines(text: string, fields: number): string[][] {
  const found: string[][] = [];
  for (const line of text.split('\n')) {
    const parts = line.split(':');
    // Those of NIS, and what is no account, begin otherwise or are shorter.
    if (parts.length < fields || !/^[^+\-#\s]/.test(line)) continue;
    if (found.push(parts) === entriesMax) break;
  }
  return found;
}

function numberOf(text: string | undefined): number {
  return /^\d{1,10}$/.test(text ?? '') ? Number(text) : -1;
}
