/**
 * What OpenSSH's server is told by its configuration: the first value of a keyword counts, files
 * that it includes are in its place, and a section `Match` is for some clients only.
 */

const includedMax = 64;
const depthMax = 8;
const fileMaxBytes = 256 * 1024;
const folder = '/etc/ssh';

/** Where the files are. */
export interface ConfigFiles {
  readFile(path: string, maxBytes: number): Promise<Buffer | undefined>;
  /** Names in a folder. */
  names(path: string): Promise<string[]>;
}

export interface SshdSetting {
  keyword: string;
  value: string;
  file: string;
  /** Not for all clients. */
  conditional: boolean;
}

/** In the order in which the server reads them; undefined where it has no configuration. */
export async function readSshdConfig(files: ConfigFiles): Promise<SshdSetting[] | undefined> {
  const settings: SshdSetting[] = [];
  let left = includedMax;
  const read = async (file: string, depth: number, within: boolean): Promise<boolean> => {
    const text = (await files.readFile(file, fileMaxBytes))?.toString('latin1');
    if (text === undefined) return false;
    let conditional = within;
    for (const line of text.split('\n')) {
      const [, word = '', value = ''] =
        /^\s*([A-Za-z0-9]+)\s*(?:=|\s)\s*(.*?)\s*$/.exec(line) ?? [];
      const keyword = word.toLowerCase();
      if (keyword === 'match') conditional = within || value.toLowerCase() !== 'all';
      else if (keyword === 'include' && depth < depthMax) {
        for (const each of await included(files, value)) {
          if (left-- > 0) await read(each, depth + 1, conditional);
        }
      } else if (keyword) {
        settings.push({ keyword, value: unquoted(value), file, conditional });
      }
    }
    return true;
  };
  return (await read(`${folder}/sshd_config`, 0, false)) ? settings : undefined;
}

/** What clients are told in general, and every value that some of them are. */
export function valuesOf(settings: readonly SshdSetting[], keyword: string): SshdSetting[] {
  const said = settings.filter((each) => each.keyword === keyword);
  const general = said.find(({ conditional }) => !conditional);
  return [...(general ? [general] : []), ...said.filter(({ conditional }) => conditional)];
}

/** Patterns have wildcards in the name of the file only. */
async function included(files: ConfigFiles, patterns: string): Promise<string[]> {
  const found: string[] = [];
  for (const each of patterns
    .split(/\s+/)
    .map(unquoted)
    .filter((pattern) => pattern !== '')) {
    const pattern = each.startsWith('/') ? each : `${folder}/${each}`;
    const slash = pattern.lastIndexOf('/');
    const [parent, name] = [pattern.slice(0, slash), pattern.slice(slash + 1)];
    if (!name.includes('*')) {
      found.push(pattern);
      continue;
    }
    const names = (await files.names(parent)).filter((one) => matches(name, one)).sort();
    found.push(...names.map((one) => `${parent}/${one}`));
  }
  return found;
}

function matches(pattern: string, name: string): boolean {
  if (name.startsWith('.') && !pattern.startsWith('.')) return false;
  const [first = '', ...rest] = pattern.split('*');
  if (!name.startsWith(first)) return false;
  let at = first.length;
  for (const [index, part] of rest.entries()) {
    const isLast = index === rest.length - 1;
    const found = isLast ? name.length - part.length : name.indexOf(part, at);
    if (found < at || (isLast && !name.endsWith(part))) return false;
    at = found + part.length;
  }
  return true;
}

function unquoted(text: string): string {
  return /^"(.*)"$/.exec(text)?.[1] ?? text;
}
