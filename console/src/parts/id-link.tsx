/** The id of a thing; a link where the console shows it. */
import { href } from '../route.ts';
import { pathOfId } from '../shell/places.ts';

export function IdLink({ id, children }: { id: string | undefined; children?: string }) {
  const path = id && pathOfId(id);
  const name = children ?? <code>{id ?? '–'}</code>;
  return path ? <a href={href(path)}>{name}</a> : <span>{name}</span>;
}
