/** The kinds of images, and what the API is asked for each. */
import type { Input, Output } from '../../api/wire.ts';

export type Image = NonNullable<Output<'ec2', 'DescribeImages'>['Images']>[number];

export const kinds = ['provider', 'mine', 'shared', 'community', 'marketplace'] as const;
export type Kind = (typeof kinds)[number];

type Request = Input<'ec2', 'DescribeImages'>;
type Filter = NonNullable<Request['Filters']>[number];

/**
 * `text` is part of a name, an id, an owner, or `tag=value`; wildcards that one types are the
 * server's.
 */
export function requestOf(kind: Kind, text: string, account: string): Request {
  return { ...ofKind(kind, account), Filters: [...kindFilters(kind), ...searchFilters(text)] };
}

function ofKind(kind: Kind, account: string): Request {
  if (kind === 'provider') return { Owners: ['amazon'] };
  if (kind === 'mine') return { Owners: [account], IncludeDeprecated: true, IncludeDisabled: true };
  if (kind === 'shared') return { ExecutableUsers: ['self'] };
  if (kind === 'marketplace') return { Owners: ['aws-marketplace'] };
  return { ExecutableUsers: ['all'] };
}

function kindFilters(kind: Kind): Filter[] {
  return kind === 'community' ? [{ Name: 'is-public', Values: ['true'] }] : [];
}

/** They stand in the column of owners. */
const ownerAliases = new Set(['amazon', 'aws-marketplace']);

function searchFilters(text: string): Filter[] {
  if (!text) return [];
  if (/^ami-[0-9a-f]{8,17}$/.test(text)) return [{ Name: 'image-id', Values: [text] }];
  if (/^\d{12}$/.test(text)) return [{ Name: 'owner-id', Values: [text] }];
  if (ownerAliases.has(text)) return [{ Name: 'owner-alias', Values: [text] }];
  const [, key, value] = /^([^=]+)=(.*)$/.exec(text) ?? [];
  if (key) return [{ Name: `tag:${key}`, Values: [value ? `*${value}*` : '*'] }];
  return [{ Name: 'name', Values: [`*${text}*`] }];
}

export const isProtected = ({ DeregistrationProtection: protection }: Image) =>
  (protection ?? 'disabled') !== 'disabled';

/** What every part of an image's view is given. */
export interface PartProps {
  image: Image;
  isOwn: boolean;
}

export type DialogProps = PartProps & { close(): void };
