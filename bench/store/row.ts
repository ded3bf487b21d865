/** A row of the table that `npm run bench` prints: one comparison, made in one run. */
export interface Row {
  what: string;
  ours: string;
  peer: string;
  /** Above 1: ours is better. Absent where there is a limit instead of a peer. */
  ratio?: number;
  /** What the ratio is to reach; or whether the limit was kept. */
  goal?: number | boolean;
}

export function rate(bytes: number, seconds: number): string {
  return `${(bytes / 1e6 / seconds).toFixed(0)} MB/s`;
}

export async function secondsOf(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

export function printTable(rows: readonly Row[]): void {
  const cells = rows.map(({ what, ours, peer, ratio, goal }) => [
    what,
    ours,
    peer,
    ratio === undefined ? '' : `${ratio.toFixed(2)}x`,
    verdict(ratio, goal),
  ]);
  const table = [['', 'ours', 'against', 'ratio', 'goal'], ...cells];
  const widths = [0, 1, 2, 3, 4].map((i) => Math.max(...table.map((row) => row[i]?.length ?? 0)));
  for (const row of table) {
    console.log(
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  }
}

function verdict(ratio: number | undefined, goal: number | boolean | undefined): string {
  if (goal === undefined) return '';
  if (typeof goal === 'boolean') return goal ? 'reached' : 'missed';
  return `${goal.toFixed(2)}x ${(ratio ?? 0) >= goal ? 'reached' : 'missed'}`;
}
