/** What apk says is installed, and its files: a database of lines, each of a letter and a value. */
import { databaseMaxBytes, type Package } from './installed-package.ts';
import type { SystemTree } from './system-tree.ts';

/** The second is that of newer versions. */
const databases = ['/lib/apk/db/installed', '/usr/lib/apk/db/installed'];

export async function readApkPackages(tree: SystemTree): Promise<Package[]> {
  return parseInstalled((await readDatabase(tree))?.toString() ?? '');
}

async function readDatabase(tree: SystemTree): Promise<Buffer | undefined> {
  for (const path of databases) {
    const text = await tree.readFile(path, databaseMaxBytes);
    if (text) return text;
  }
  return undefined;
}

export interface ApkFile {
  /** The package's name. */
  of: string;
  /** Bytes as latin1. */
  path: string;
  /** In hex; of a link it is that of its target. */
  sha1?: string;
}

/** Of all packages. */
export async function apkFiles(tree: SystemTree): Promise<ApkFile[]> {
  const files: ApkFile[] = [];
  const at = { of: '', folder: '' };
  for (const line of ((await readDatabase(tree))?.toString('latin1') ?? '').split('\n')) {
    const value = line.slice(2);
    if (line.startsWith('P:')) at.of = value;
    else if (line.startsWith('F:')) at.folder = value === '' ? '' : `/${value}`;
    else if (line.startsWith('R:')) files.push({ of: at.of, path: `${at.folder}/${value}` });
    else if (line.startsWith('Z:Q1')) {
      const file = files.at(-1);
      if (file) file.sha1 = Buffer.from(line.slice(4), 'base64').toString('hex');
    }
  }
  return files;
}

export function parseInstalled(text: string): Package[] {
  return text.split('\n\n').flatMap((stanza) => {
    const fields = new Map<string, string>();
    for (const line of stanza.split('\n')) {
      // What follows a folder is of the files in it.
      if (line.startsWith('F:')) break;
      if (line[1] === ':') fields.set(line[0] as string, line.slice(2));
    }
    const [name, version] = [fields.get('P'), fields.get('V')];
    if (!name || !version) return [];
    const [source, size] = [fields.get('o'), Number(fields.get('I'))];
    const said = {
      source: source === name ? undefined : source,
      license: fields.get('L'),
      maintainer: fields.get('m'),
      homepage: fields.get('U'),
      summary: fields.get('T'),
    };
    const manager = 'apk' as const;
    const told = Object.fromEntries(Object.entries(said).filter(([, value]) => value));
    return [
      {
        manager,
        name,
        version,
        architecture: fields.get('A') ?? '',
        ...(told as typeof said),
        ...(size > 0 && { installedSizeBytes: size }),
      },
    ];
  });
}
