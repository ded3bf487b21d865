/**
 * A result as lines of JSON, none of them long, and back: what is made or read of a large one at
 * once holds everybody else up. Its members are written one by one, and lists in pieces.
 */
import { setImmediate as turn } from 'node:timers/promises';

const itemsPerLine = 64;
/** Others have their turn in between. */
const turnChars = 64 * 1024;
const lineEnd = '\n'.charCodeAt(0);

/** The member, whether there are items of it, and what there is; that of a list alone has no name. */
type Line = [member: string | null, isPiece: boolean, value: unknown];

export async function linesOf(result: unknown): Promise<Buffer[]> {
  const lines: Buffer[] = [];
  let chars = 0;
  for (const line of inPieces(result)) {
    const text = `${JSON.stringify(line)}\n`;
    lines.push(Buffer.from(text));
    chars += text.length;
    if (chars < turnChars) continue;
    await turn();
    chars = 0;
  }
  return lines;
}

function* inPieces(result: unknown): Generator<Line> {
  if (Array.isArray(result)) yield* piecesOf(null, result);
  else if (typeof result !== 'object' || result === null) yield [null, false, result];
  else {
    for (const [member, value] of Object.entries(result)) {
      if (Array.isArray(value)) yield* piecesOf(member, value);
      else if (value !== undefined) yield [member, false, value];
    }
  }
}

function* piecesOf(member: string | null, list: readonly unknown[]): Generator<Line> {
  for (let at = 0; at === 0 || at < list.length; at += itemsPerLine) {
    yield [member, true, list.slice(at, at + itemsPerLine)];
  }
}

/** Throws of what is none. */
export async function resultOf(text: Buffer): Promise<unknown> {
  const members = new Map<string | null, unknown>();
  let turned = 0;
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf(lineEnd, at);
    const [member, isPiece, value]: Line = JSON.parse(text.toString('utf8', at, end));
    const known = members.get(member);
    if (isPiece && known) (known as unknown[]).push(...(value as unknown[]));
    else members.set(member, value);
    at = end + 1;
    if (at - turned < turnChars) continue;
    await turn();
    turned = at;
  }
  return members.has(null) ? members.get(null) : Object.fromEntries(members);
}
