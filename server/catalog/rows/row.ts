/**
 * What the rows of the catalog share: what Imago remembers about each noun, in EC2's vocabulary, a
 * file a noun in this folder. Plain data (JSON): no methods, no wire names of one protocol, no SQL.
 * Rules about them live in domain/. Times are ISO 8601 strings in UTC with milliseconds. Sizes say
 * their unit in their name.
 */

/** What every row has. */
export interface Row {
  id: string;
  /**
   * How often it was written, from 1. The catalog counts (../catalog.ts); a row that is not stored
   * yet has none.
   */
  version?: number;
}

/** Most rows belong to an account and a region; `id` is unique across the whole catalog. */
export interface OwnedRow extends Row {
  account: string;
  region: string;
  createdAt: string;
}

export type Tags = Record<string, string>;

/** EC2's StateReason: `Code` such as `Client.UserInitiatedShutdown`, and a sentence. */
export interface StateReason {
  code: string;
  message: string;
}

/**
 * Whom something is shared with, as viewers are known by: an account, `all`, an organization
 * `o-…`, or a unit of it `o-…/ou-…`. A permission names the latter two by their ARNs, such as
 * `arn:aws:organizations::111122223333:ou/o-…/ou-…`.
 */
export function granteeOf(permission: string): string {
  return permission.replace(/^arn:[^:]*:organizations::\d{12}:(organization|ou)\//, '');
}

/**
 * The rows of a region that an account sees (or `all`) are found by this. In one text, so that an
 * index walks through the rows of one viewer in a region and through no others.
 */
export function viewerKey(region: string, viewer: string): string {
  return `${region}/${viewer}`;
}

/** What a viewer's rows are found by besides: `part` is a name, an owner, a state. */
export function viewerPart(viewer: string, part: string): string {
  return `${viewer}=${part}`;
}

type Tagged = Pick<OwnedRow, 'account' | 'region'> & { tags: Tags };

/** A row's tags as they are found, by its owner only: key and value. */
export function tagKeys(row: Tagged): string[] {
  return Object.entries(row.tags).map(([key, value]) => tagPrefix(row, key) + value);
}

/** The keys alone. */
export function tagNames(row: Tagged): string[] {
  return Object.keys(row.tags).map((key) => tagName(row, key));
}

export function tagName({ account, region }: Omit<Tagged, 'tags'>, key: string): string {
  return `${account}/${region}/${key.replace(/[\\=]/g, '\\$&')}`;
}

/** Of all tags of an owner, or of those with this key. */
export function tagPrefix(owner: Omit<Tagged, 'tags'>, key?: string): string {
  return key === undefined ? tagName(owner, '') : `${tagName(owner, key)}=`;
}

/** The tag that a key's value says. */
export function parseTagKey(text: string): { key: string; value: string } {
  const [, key = '', value = ''] = /^[^/]*\/[^/]*\/((?:[^\\=]|\\.)*)=(.*)$/s.exec(text) ?? [];
  return { key: key.replace(/\\(.)/gs, '$1'), value };
}
