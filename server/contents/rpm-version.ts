/** Which of two versions of a package of rpm is the newer, as rpm compares them. */

/** `[epoch:]version[-release]`; no epoch is 0, and without a release it is not compared. */
export function compareRpmVersions(one: string, other: string): number {
  const [a, b] = [partsOf(one), partsOf(other)];
  return (
    Math.sign(a.epoch - b.epoch) ||
    compareRpmPart(a.version, b.version) ||
    (a.release !== undefined && b.release !== undefined ? compareRpmPart(a.release, b.release) : 0)
  );
}

function partsOf(text: string) {
  const [, epoch = '0', rest = text] = /^(\d+):(.*)$/s.exec(text) ?? [];
  const hyphen = rest.lastIndexOf('-');
  return {
    epoch: Number(epoch),
    version: hyphen < 0 ? rest : rest.slice(0, hyphen),
    release: hyphen < 0 ? undefined : rest.slice(hyphen + 1),
  };
}

/**
 * Numbers and words in turns, whatever stands between them. A tilde is before the end and a caret
 * behind it, but before what goes on otherwise.
 */
export function compareRpmPart(one: string, other: string): number {
  const [a, b] = [one, other].map((each) => each.match(/\d+|[A-Za-z]+|~|\^/g) ?? []);
  const [left, right] = [a as string[], b as string[]];
  for (let at = 0; at < left.length || at < right.length; at++) {
    const [x, y] = [left[at], right[at]];
    if (x === y) continue;
    if (x === '~' || y === '~') return x === '~' ? -1 : 1;
    if (x === undefined || y === undefined) {
      const longer = x === undefined ? -1 : 1;
      return longer;
    }
    if (x === '^' || y === '^') return x === '^' ? -1 : 1;
    const order = comparePieces(x, y);
    if (order !== 0) return order;
  }
  return 0;
}

/** A number is newer than a word. */
function comparePieces(x: string, y: string): number {
  const [isNumber, isOtherNumber] = [/^\d/.test(x), /^\d/.test(y)];
  if (isNumber !== isOtherNumber) return isNumber ? 1 : -1;
  if (!isNumber) return x === y ? 0 : x < y ? -1 : 1;
  const [a, b] = [x.replace(/^0+/, ''), y.replace(/^0+/, '')];
  return Math.sign(a.length - b.length) || (a === b ? 0 : a < b ? -1 : 1);
}
