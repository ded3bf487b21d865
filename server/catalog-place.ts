/**
 * Which catalog a home belongs to: recorded at each start, without a password. Blocks are garbage
 * where no row names them, so whoever comes with another catalog (a database that was forgotten, a
 * file left over) would have all of them removed.
 */
import type { CatalogDatabase } from './config.ts';
import type { Files } from './files/files.ts';
import { readFileWithin, replaceFile } from './files/whole-file.ts';
import type { Home } from './foundations/home.ts';

const fileMaxBytes = 4096;
const inHome = 'imago.db';
/** Parameters of a url that say which database it is; others may be secret. */
const placeParameters = ['host', 'port', 'dbname', 'options'];

export class OtherCatalogError extends Error {
  override name = 'OtherCatalogError';
  readonly advice: string;

  constructor(home: Home, recorded: string) {
    const belongs = recorded === inHome ? `the file ${inHome} in it` : recorded;
    super(`The catalog of the home ${home.folder} is ${belongs}.`);
    const how = recorded === inHome ? 'Leave --catalog away' : 'Name it with --catalog';
    this.advice = `${how} (or IMAGO_CATALOG). Only if that catalog itself has moved: rm ${home.catalogPlaceFile}`;
  }
}

/** Throws OtherCatalogError. A home that no Imago has recorded yet takes any. */
export async function checkCatalogPlace(
  home: Home,
  files: Files,
  database: CatalogDatabase | undefined,
): Promise<void> {
  const bytes = await readFileWithin(files, home.catalogPlaceFile, fileMaxBytes);
  const recorded = bytes?.toString().trim();
  if (recorded && recorded !== placeOf(database)) throw new OtherCatalogError(home, recorded);
}

/** Once it has been opened: a mistyped url is not recorded. */
export async function recordCatalogPlace(
  home: Home,
  files: Files,
  database: CatalogDatabase | undefined,
): Promise<void> {
  if (await readFileWithin(files, home.catalogPlaceFile, fileMaxBytes)) return;
  await replaceFile(files, home.catalogPlaceFile, Buffer.from(`${placeOf(database)}\n`));
}

/** By hand: a url whose host is a parameter is none to URL. */
export function placeOf(database: CatalogDatabase | undefined): string {
  if (!database) return inHome;
  const [url = '', query = ''] = database.url.split(/\?(.*)/s, 2);
  const [, scheme, user = '', rest] = /^([^:]+:\/\/)(?:(.*)@)?([^@]*)$/s.exec(url) ?? [];
  const parameters = query.split('&').filter((each) => placeParameters.includes(nameOf(each)));
  const [name = ''] = user.split(':');
  const account = name && `${name}@`;
  return `${scheme}${account}${rest}${parameters.length ? `?${parameters.join('&')}` : ''}`;
}

function nameOf(parameter: string): string {
  return parameter.split('=', 1)[0] ?? '';
}
