/** Which of two versions of a Debian package is the newer, as deb-version(7) has it. */

export function compareVersions(one: string, other: string): number {
  const [a, b] = [partsOf(one), partsOf(other)];
  return (
    Math.sign(a.epoch - b.epoch) ||
    comparePart(a.upstream, b.upstream) ||
    comparePart(a.revision, b.revision)
  );
}

function partsOf(version: string) {
  const [, epoch = '0', rest = version] = /^(\d+):(.*)$/s.exec(version) ?? [];
  const hyphen = rest.lastIndexOf('-');
  return {
    epoch: Number(epoch),
    upstream: hyphen < 0 ? rest : rest.slice(0, hyphen),
    revision: hyphen < 0 ? '' : rest.slice(hyphen + 1),
  };
}

/** Of what is no digit and of numbers in turns; a tilde is before the end, letters before signs. */
function comparePart(one: string, other: string): number {
  const [a, b] = [pieces(one), pieces(other)];
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const [left = '', right = ''] = [a[index], b[index]];
    const order = index % 2 === 0 ? compareText(left, right) : compareNumbers(left, right);
    if (order !== 0) return order;
  }
  return 0;
}

function pieces(text: string): string[] {
  return (
    text.match(/\D+|\d+/g)?.reduce<string[]>((found, piece) => {
      if (found.length % 2 === 0 && /^\d/.test(piece)) found.push('');
      found.push(piece);
      return found;
    }, []) ?? []
  );
}

function compareNumbers(one: string, other: string): number {
  const [a, b] = [one.replace(/^0+/, ''), other.replace(/^0+/, '')];
  return Math.sign(a.length - b.length) || (a === b ? 0 : a < b ? -1 : 1);
}

function compareText(one: string, other: string): number {
  for (let at = 0; at < Math.max(one.length, other.length); at++) {
    const order = weight(one[at]) - weight(other[at]);
    if (order !== 0) return Math.sign(order);
  }
  return 0;
}

function weight(char: string | undefined): number {
  if (char === '~') return -1;
  if (char === undefined) return 0;
  return /[A-Za-z]/.test(char) ? char.charCodeAt(0) : char.charCodeAt(0) + 256;
}
