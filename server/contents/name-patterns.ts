/**
 * Patterns of names as a shell has them: `*`, `?`, `[…]`, and a backslash before what stands for
 * itself. Over bytes, and in time that grows with pattern and name and no faster.
 */

type Part = 'any' | { bytes: Set<number>; not: boolean };

export type NamePattern = (name: Buffer) => boolean;

export function namePattern(text: string | Buffer): NamePattern {
  const parts = partsOf(Buffer.from(text));
  return (name) => matches(parts, name);
}

function partsOf(text: Buffer): Part[] {
  const parts: Part[] = [];
  for (let at = 0; at < text.length; at++) {
    const char = String.fromCharCode(text[at] as number);
    const list = char === '[' ? listAt(text, at) : undefined;
    if (char === '*') {
      if (parts.at(-1) !== 'any') parts.push('any');
    } else if (char === '?') parts.push({ bytes: new Set(), not: true });
    else if (list) {
      parts.push(list.part);
      at = list.end;
    } else {
      if (char === '\\' && at + 1 < text.length) at++;
      parts.push({ bytes: new Set([text[at] as number]), not: false });
    }
  }
  return parts;
}

/** Undefined where it has no end: then it stands for itself. */
function listAt(text: Buffer, start: number): { part: Part; end: number } | undefined {
  const bytes = new Set<number>();
  let at = start + 1;
  const not = text[at] === 0x21 || text[at] === 0x5e;
  if (not) at++;
  for (const first = at; at < text.length; at++) {
    if (text[at] === 0x5d && at > first) return { part: { bytes, not }, end: at };
    const [from, dash, to] = [text[at] as number, text[at + 1], text[at + 2]];
    const isRange = dash === 0x2d && to !== undefined && to !== 0x5d;
    for (let byte = from; byte <= (isRange ? to : from); byte++) bytes.add(byte);
    if (isRange) at += 2;
  }
  return undefined;
}

/** After a mismatch the last `*` takes one byte more. */
function matches(parts: readonly Part[], name: Buffer): boolean {
  let [part, at] = [0, 0];
  let [star, starAt] = [-1, 0];
  while (at < name.length) {
    const each = parts[part];
    if (each === 'any') {
      star = part++;
      starAt = at;
    } else if (each && each.bytes.has(name[at] as number) !== each.not) {
      part++;
      at++;
    } else if (star >= 0) {
      part = star + 1;
      at = ++starAt;
    } else return false;
  }
  while (parts[part] === 'any') part++;
  return part === parts.length;
}
