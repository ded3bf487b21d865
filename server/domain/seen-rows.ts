/**
 * How images and snapshots that a viewer sees are found: of whom, as whom, by name, by state, by
 * tag. Whatever is asked for, the catalog goes through rows that the viewer sees, and through as
 * few of them as its keys allow: whether they match is asked of each afterwards.
 */
import { type Condition, isLike, likeMaxChars } from '../catalog/catalog.ts';
import { literalPattern } from '../catalog/pattern.ts';
import { viewerKey, viewerPart } from '../catalog/rows/row.ts';
import { type Owner, type Viewer, visibleTo } from './viewer.ts';

/** Which of the rows that a viewer sees are asked for. */
export interface SeenRows {
  /** Keys of rows, as `visibleTo` has them, of which each has at least one. */
  viewers: readonly string[];
  owners?: ReadonlySet<string>;
}

/** What else they are asked for by. */
export interface SeenBy {
  names?: Condition;
  /** Only where none of them is the usual one, which nothing is found by. */
  states?: readonly string[];
  /** Of the viewer's own rows. */
  tags?: { tag?: Condition; tagName?: Condition };
}

/**
 * Those that are shared with one of the grantees (`all`, an account, what it belongs to): with
 * strangers only the viewer's own, as of others' it is not told.
 */
export function sharedRows(viewer: Viewer, grantees: readonly string[]): SeenRows {
  const { account, region } = viewer;
  const keys = grantees.map((grantee) => viewerKey(region, grantee));
  const visible = visibleTo(viewer);
  if (keys.every((key) => visible.includes(key))) return { viewers: keys };
  if (keys.some((key) => visible.includes(key))) return { viewers: visible };
  return { viewers: keys, owners: new Set([account]) };
}

/** All that it sees, or of these only the public ones, or the others. */
export function visibleRows(viewer: Viewer, isPublic: readonly string[] = []): SeenRows {
  const viewers = visibleTo(viewer);
  const all = viewerKey(viewer.region, 'all');
  const [answer, other] = isPublic;
  if (other !== undefined) return { viewers };
  if (answer === 'true') return { viewers: [all] };
  return { viewers: answer === 'false' ? viewers.filter((key) => key !== all) : viewers };
}

export function ownedBy({ viewers, owners }: SeenRows, asked?: ReadonlySet<string>): SeenRows {
  return { viewers, owners: owners && asked ? owners.intersection(asked) : (owners ?? asked) };
}

/** The conditions that find them. */
export function whereSeen({ account, region }: Owner, asked: SeenRows, by: SeenBy) {
  const { owners } = asked;
  const ownKey = viewerKey(region, account);
  // All of one's own is seen by oneself: no other key, and no key at all, is needed.
  const isOwn = owners?.size === 1 && owners.has(account) && asked.viewers.includes(ownKey);
  const viewers = isOwn ? [ownKey] : asked.viewers;
  const { names } = by;
  const found = {
    viewerName: names && namesSeen(viewers, names),
    viewerState: by.states && partsSeen(viewers, by.states),
    ...by.tags,
  };
  if (isOwn) return { ...found, account, region };
  if (owners) {
    const viewerOwner = partsSeen(viewers, [...owners]);
    // Of all that is public an owner mostly has a part: its images are looked at, not all names.
    return names && isLike(names)
      ? { ...found, viewerName: undefined, name: names, viewerOwner }
      : { ...found, viewerOwner };
  }
  const isNarrow = Object.values(found).some((condition) => condition !== undefined);
  return isNarrow ? found : { ...found, viewer: viewers };
}

function namesSeen(viewers: readonly string[], names: Condition): Condition | undefined {
  if (!isLike(names)) return partsSeen(viewers, [names].flat());
  const like = viewers.flatMap((viewer) =>
    names.like.map((pattern) => literalPattern(viewerPart(viewer, '')) + pattern),
  );
  return like.every((pattern) => pattern.length <= likeMaxChars) ? { like } : undefined;
}

function partsSeen(viewers: readonly string[], parts: readonly string[]): string[] {
  return viewers.flatMap((viewer) => parts.map((part) => viewerPart(viewer, part)));
}
