/** What a system says of itself in os-release. */
import type { SystemTree } from './system-tree.ts';

const fileMaxBytes = 64 * 1024;

export interface OsRelease {
  /** Such as `debian`. */
  id?: string;
  /** Such as `12`. */
  versionId?: string;
  codename?: string;
  prettyName?: string;
  name?: string;
}

/** Undefined where it says nothing. */
export async function readOsRelease(tree: SystemTree): Promise<OsRelease | undefined> {
  for (const path of ['/etc/os-release', '/usr/lib/os-release']) {
    const text = await tree.readFile(path, fileMaxBytes);
    if (text) return parseOsRelease(text.toString());
  }
  return undefined;
}

export function parseOsRelease(text: string): OsRelease {
  const said = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, name, value = ''] = /^([A-Z][A-Z0-9_]*)=(.*)$/.exec(line.trim()) ?? [];
    if (name !== undefined) said.set(name, unquoted(value));
  }
  const of = (member: string, name: string) => {
    const value = said.get(name);
    return value ? { [member]: value } : {};
  };
  return {
    ...of('id', 'ID'),
    ...of('versionId', 'VERSION_ID'),
    ...of('codename', 'VERSION_CODENAME'),
    ...of('prettyName', 'PRETTY_NAME'),
    ...of('name', 'NAME'),
  };
}

/** As a shell reads it; what is between single quotes is as it stands. */
function unquoted(value: string): string {
  const [, single] = /^'(.*)'$/.exec(value) ?? [];
  if (single !== undefined) return single;
  const [, double = value] = /^"(.*)"$/.exec(value) ?? [];
  return double.replace(/\\(["\\$`])/g, '$1');
}
