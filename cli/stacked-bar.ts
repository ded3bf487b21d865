/** What adds up to a whole as one bar of a terminal: each part in a shade of its own. */

export const shades = ['░', '▒', '█'] as const;
const widthMax = 14;

/** `ends` are of the parts, in order, as many as shades; one that is not known is part of the next. */
export function stackedBar(ends: readonly (number | undefined)[], most: number): string {
  let bar = '';
  shades.forEach((shade, part) => {
    const width = most > 0 ? Math.round(((ends[part] ?? 0) / most) * widthMax) : 0;
    bar = bar.padEnd(width, shade);
  });
  return bar;
}
