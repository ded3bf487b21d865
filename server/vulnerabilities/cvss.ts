/** The base score of a vector of CVSS 3, as its specification computes it; other versions have none. */

const weights: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  AV: { N: 0.85, A: 0.62, L: 0.55, P: 0.2 },
  AC: { L: 0.77, H: 0.44 },
  UI: { N: 0.85, R: 0.62 },
  C: { H: 0.56, L: 0.22, N: 0 },
  I: { H: 0.56, L: 0.22, N: 0 },
  A: { H: 0.56, L: 0.22, N: 0 },
};
/** By whether what is affected is beyond what is vulnerable. */
const privileges = {
  U: { N: 0.85, L: 0.62, H: 0.27 },
  C: { N: 0.85, L: 0.68, H: 0.5 },
} as const;

export function cvssScore(vector: string): number | undefined {
  if (!/^CVSS:3\.[01]\//.test(vector) || vector.length > 300) return undefined;
  const said = new Map(vector.split('/').map((part) => part.split(':') as [string, string]));
  const of = (metric: string) => weights[metric]?.[said.get(metric) ?? ''] ?? Number.NaN;
  const scope = said.get('S') === 'C' ? 'C' : 'U';
  const needed = privileges[scope][(said.get('PR') ?? '') as 'N' | 'L' | 'H'] ?? Number.NaN;
  const loss = 1 - (1 - of('C')) * (1 - of('I')) * (1 - of('A'));
  const impact = scope === 'U' ? 6.42 * loss : 7.52 * (loss - 0.029) - 3.25 * (loss - 0.02) ** 15;
  const exploitability = 8.22 * of('AV') * of('AC') * needed * of('UI');
  if (Number.isNaN(impact + exploitability)) return undefined;
  if (impact <= 0) return 0;
  const sum = impact + exploitability;
  return roundedUp(Math.min(scope === 'U' ? sum : 1.08 * sum, 10));
}

/** To one digit, as the specification says so that all programs agree. */
function roundedUp(score: number): number {
  const whole = Math.round(score * 100_000);
  return whole % 10_000 === 0 ? whole / 100_000 : (Math.floor(whole / 10_000) + 1) / 10;
}
