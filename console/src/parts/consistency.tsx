/** How consistent an image or a snapshot is, as a tag of Imago's tells; nobody knows of others. */
import { consistencyText as text } from '../text/consistency.ts';
import { Mark } from './mark.tsx';

export interface Tagged {
  Tags?: readonly { Key?: string; Value?: string }[];
}

/** In words; undefined where nobody knows. */
export function consistencyIn(thing: Tagged): string | undefined {
  const told = consistencyTag(thing);
  return Object.entries(text.means).find(([name]) => name === told)?.[1];
}

/** In lists, what one would not expect. */
export function CrashMark({ of }: { of: Tagged }) {
  return consistencyTag(of) === 'crash' ? <Mark tone="busy">{text.crash}</Mark> : undefined;
}

function consistencyTag({ Tags = [] }: Tagged): string | undefined {
  return Tags.find(({ Key }) => Key === 'aws:imago:consistency')?.Value;
}
