/** Documents of Systems Manager (ssm), and their versions. */
import type { OwnedRow, Tags } from './row.ts';

/** What a version says; it never changes. */
export interface DocumentContent {
  number: number;
  format: 'JSON' | 'YAML';
  text: string;
  sha256: string;
  createdAt: string;
}

/** Its id is `documentRowId`. */
export interface DocumentRow extends OwnedRow {
  name: string;
  /** Of its default version. */
  content: DocumentContent;
  /** The number of its newest version. */
  latest: number;
  targetType?: string;
  tags: Tags;
}

/** All that there are, the default one as well. */
export interface DocumentVersionRow extends OwnedRow {
  content: DocumentContent;
}

export function documentRowId(
  { account, region }: Pick<OwnedRow, 'account' | 'region'>,
  name: string,
): string {
  return `${account}/${region}/${name}`;
}

const digits = 12;

/** In the order of their numbers; no name has a colon. */
export function documentVersionRowId(documentId: string, number: number): string {
  return `${documentId}:${String(number).padStart(digits, '0')}`;
}
