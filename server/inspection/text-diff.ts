/**
 * What differs between two small texts, in the unified form, by Myers' algorithm. Bounded: of texts
 * that have next to nothing in common it says so by replacing all.
 */

const contextLines = 3;
/** Edits beyond which the shortest way is not looked for: each costs as many steps again. */
const editsMax = 300;

type Edit = { kind: ' ' | '-' | '+'; line: string };

/** Without the lines that name the files; empty where they are the same. */
export function unifiedDiff(before: string, after: string): string {
  if (before === after) return '';
  const edits = editsOf(linesOf(before), linesOf(after));
  return hunksOf(edits).join('');
}

/** With their ends; the last may have none. */
function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

function editsOf(a: readonly string[], b: readonly string[]): Edit[] {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let [endA, endB] = [a.length, b.length];
  while (endA > start && endB > start && a[endA - 1] === b[endB - 1]) {
    endA--;
    endB--;
  }
  const same = (line: string): Edit => ({ kind: ' ', line });
  return [
    ...a.slice(0, start).map(same),
    ...middleEdits(a.slice(start, endA), b.slice(start, endB)),
    ...a.slice(endA).map(same),
  ];
}

function middleEdits(a: readonly string[], b: readonly string[]): Edit[] {
  const replaced: Edit[] = [
    ...a.map((line): Edit => ({ kind: '-', line })),
    ...b.map((line): Edit => ({ kind: '+', line })),
  ];
  const most = Math.min(a.length + b.length, editsMax);
  // How far one comes on each diagonal with so many edits.
  let reached = new Map<number, number>([[1, 0]]);
  const trace: Map<number, number>[] = [];
  for (let edits = 0; edits <= most; edits++) {
    trace.push(reached);
    const next = new Map<number, number>();
    for (let k = -edits; k <= edits; k += 2) {
      let x = stepX(reached, k, edits);
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++;
      next.set(k, x);
      if (x >= a.length && x - k >= b.length) return walkBack(a, b, trace, edits);
    }
    reached = next;
  }
  return replaced;
}

/** By one line more of `b`, or of `a`, whichever leads further. */
function stepX(reached: ReadonlyMap<number, number>, k: number, edits: number): number {
  return isDown(reached, k, edits)
    ? (reached.get(k + 1) as number)
    : (reached.get(k - 1) as number) + 1;
}

function isDown(reached: ReadonlyMap<number, number>, k: number, edits: number): boolean {
  if (k === -edits || k === edits) return k === -edits;
  return (reached.get(k - 1) as number) < (reached.get(k + 1) as number);
}

function walkBack(
  a: readonly string[],
  b: readonly string[],
  trace: readonly Map<number, number>[],
  count: number,
): Edit[] {
  const edits: Edit[] = [];
  let [x, y] = [a.length, b.length];
  for (let left = count; left >= 0; left--) {
    const reached = trace[left] as Map<number, number>;
    const k = x - y;
    const startX = left === 0 ? 0 : stepX(reached, k, left);
    while (x > startX && y > startX - k) {
      edits.push({ kind: ' ', line: a[--x] as string });
      y--;
    }
    if (left === 0) break;
    if (isDown(reached, k, left)) edits.push({ kind: '+', line: b[--y] as string });
    else edits.push({ kind: '-', line: a[--x] as string });
  }
  return edits.reverse();
}

function hunksOf(edits: readonly Edit[]): string[] {
  const hunks: string[] = [];
  const numbers = lineNumbers(edits);
  const changed = edits.flatMap(({ kind }, index) => (kind === ' ' ? [] : [index]));
  for (let first = 0; first < changed.length; ) {
    let last = first;
    const isNear = () =>
      (changed[last + 1] as number) - (changed[last] as number) <= 2 * contextLines + 1;
    while (last + 1 < changed.length && isNear()) last++;
    const start = Math.max(0, (changed[first] as number) - contextLines);
    const end = Math.min(edits.length, (changed[last] as number) + contextLines + 1);
    hunks.push(hunk(edits.slice(start, end), numbers[start] as [number, number]));
    first = last + 1;
  }
  return hunks;
}

function lineNumbers(edits: readonly Edit[]): [number, number][] {
  let [before, after] = [1, 1];
  return edits.map(({ kind }) => {
    const here: [number, number] = [before, after];
    if (kind !== '+') before++;
    if (kind !== '-') after++;
    return here;
  });
}

function hunk(edits: readonly Edit[], [before, after]: [number, number]): string {
  const removed = edits.filter(({ kind }) => kind !== '+').length;
  const added = edits.filter(({ kind }) => kind !== '-').length;
  const range = (start: number, count: number) => `${count === 0 ? start - 1 : start},${count}`;
  const lines = edits.map(({ kind, line }) =>
    line.endsWith('\n') ? `${kind}${line}` : `${kind}${line}\n\\ No newline at end of file\n`,
  );
  return `@@ -${range(before, removed)} +${range(after, added)} @@\n${lines.join('')}`;
}
