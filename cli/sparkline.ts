/** A row of numbers as one line of a terminal, from the least to the most of them. */

const bars = '▁▂▃▄▅▆▇█';

/** Nothing where a number is missing. */
export function sparkline(numbers: readonly (number | undefined)[]): string {
  const known = numbers.filter((each) => each !== undefined);
  const [least, most] = [Math.min(...known), Math.max(...known)];
  return numbers.map((each) => (each === undefined ? ' ' : barOf(each, least, most))).join('');
}

function barOf(number: number, least: number, most: number): string {
  const share = most > least ? (number - least) / (most - least) : 0;
  return bars[Math.round(share * (bars.length - 1))] ?? '';
}
