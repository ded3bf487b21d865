/**
 * A squarified treemap: a rectangle into one for each thing, as large as it and as near to a square
 * as goes (Bruls, Huizing, van Wijk). Things are given largest first and keep that order.
 */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Things without a size get none. */
export function treemap(sizes: readonly number[], whole: Box): Box[] {
  const known = sizes.filter((size) => size > 0);
  const sum = known.reduce((all, size) => all + size, 0);
  const areas = known.map((size) => (size / sum) * whole.width * whole.height);
  const boxes: Box[] = [];
  let rest = whole;
  for (let first = 0; first < areas.length; ) {
    const count = rowLength(areas, first, Math.min(rest.width, rest.height));
    const row = areas.slice(first, first + count);
    const laid = layRow(row, rest);
    boxes.push(...laid.boxes);
    rest = laid.rest;
    first += count;
  }
  return sizes.map((size) => (size > 0 ? (boxes.shift() ?? nothing) : nothing));
}

const nothing: Box = { x: 0, y: 0, width: 0, height: 0 };

/** As many as make the row's longest shape no longer than it was with one less. */
function rowLength(areas: readonly number[], first: number, side: number): number {
  let best = Number.POSITIVE_INFINITY;
  let sum = 0;
  for (let count = 1; first + count <= areas.length; count++) {
    sum += areas[first + count - 1] ?? 0;
    const [most = 0, least = 0] = [areas[first], areas[first + count - 1]];
    const worst = Math.max((side * side * most) / (sum * sum), (sum * sum) / (side * side * least));
    if (worst > best) return count - 1;
    best = worst;
  }
  return areas.length - first;
}

/** Along the shorter side of what is left. */
function layRow(row: readonly number[], rest: Box): { boxes: Box[]; rest: Box } {
  const sum = row.reduce((all, area) => all + area, 0);
  const isWide = rest.width >= rest.height;
  const depth = sum / (isWide ? rest.height : rest.width);
  let at = 0;
  const boxes = row.map((area) => {
    const length = area / depth;
    const box = isWide
      ? { x: rest.x, y: rest.y + at, width: depth, height: length }
      : { x: rest.x + at, y: rest.y, width: length, height: depth };
    at += length;
    return box;
  });
  const left = isWide
    ? { ...rest, x: rest.x + depth, width: Math.max(0, rest.width - depth) }
    : { ...rest, y: rest.y + depth, height: Math.max(0, rest.height - depth) };
  return { boxes, rest: left };
}
