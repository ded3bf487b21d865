/** What a loop goes over. */
import type { Loop } from './document.ts';
import { resolve, type Scope, UnresolvedReference } from './references.ts';

/** A loop over more has gone wrong. */
const iterationsMax = 10_000;

/** The value of each iteration. */
export function iterationsOf({ over }: Loop, scope: Scope): string[] {
  const values = valuesOf(over, scope);
  if (values.length <= iterationsMax) return values;
  throw new UnresolvedReference(`a loop has at most ${iterationsMax} iterations`);
}

function valuesOf(over: Loop['over'], scope: Scope): string[] {
  if ('delimiter' in over) {
    const list = resolve(over.list, scope);
    return list.split(over.delimiter, iterationsMax + 1);
  }
  if ('list' in over) return over.list.map((each) => resolve(each, scope));
  const [start, end, updateBy] = [over.start, over.end, over.updateBy].map((text) =>
    integer(resolve(text, scope)),
  ) as [number, number, number];
  if (updateBy === 0) throw new UnresolvedReference('a loop that is updated by 0 has no end');
  const values: string[] = [];
  const isOver = (value: number) => (updateBy > 0 ? value > end : value < end);
  for (let value = start; !isOver(value); value += updateBy) {
    values.push(String(value));
    if (values.length > iterationsMax) break;
  }
  return values;
}

function integer(text: string): number {
  if (/^-?\d{1,9}$/.test(text.trim())) return Number(text);
  throw new UnresolvedReference(`'${text.slice(0, 40)}' is no number to count with`);
}
