/**
 * The licences of a package of Debian, by its copyright file: those that it names in the
 * machine-readable form (DEP-5), or the common licences that its text refers to. What is neither is
 * not known.
 */
import { fieldsOf } from './dpkg-packages.ts';
import type { Package } from './installed-package.ts';
import type { SystemTree } from './system-tree.ts';

const fileMaxBytes = 512 * 1024;
/** Some packages name one for each file. */
const namesMax = 40;

/** Joined by `AND`; undefined where it is not known. */
export async function licenseOf(tree: SystemTree, { name }: Package): Promise<string | undefined> {
  if (name.includes('/')) return undefined;
  const text = await tree.readFile(`/usr/share/doc/${name}/copyright`, fileMaxBytes);
  return text && parseCopyright(text.toString());
}

export function parseCopyright(text: string): string | undefined {
  const names = /^format:.*copyright-format/im.test(text.slice(0, 2000))
    ? namedLicenses(text)
    : commonLicenses(text);
  const [first, ...others] = [...new Set(names)].slice(0, namesMax);
  if (first === undefined || others.length === 0) return first;
  return [first, ...others].map((each) => (/ or /i.test(each) ? `(${each})` : each)).join(' AND ');
}

/** Each stanza of files names one; what follows on other lines is its text. */
function namedLicenses(text: string): string[] {
  return text.split(/\n[ \t]*\n/).flatMap((stanza) => {
    const fields = fieldsOf(stanza);
    const license = fields.has('files') && fields.get('license');
    return license ? [license] : [];
  });
}

/** `GPL` alone is that of any version. */
function commonLicenses(text: string): string[] {
  const found = text.matchAll(/\/usr\/share\/common-licenses\/([A-Za-z0-9][A-Za-z0-9.-]*)/g);
  return [...found].map(([, name = '']) => name.replace(/[.-]+$/, '')).sort();
}
