/**
 * Patterns of text, as queries of the catalog and EC2's filters have them: `*` stands for any
 * characters, none included, `?` for exactly one (a code point), `\` takes the meaning of the
 * character after it away (at the end it is itself). Everything else stands for itself; upper and
 * lower case differ.
 */

export const anyText = Symbol('*');
export const anyCharacter = Symbol('?');

/** Text is one UTF-16 unit a token. */
export type PatternToken = string | typeof anyText | typeof anyCharacter;

export function patternTokens(pattern: string): PatternToken[] {
  const tokens: PatternToken[] = [];
  for (let at = 0; at < pattern.length; at++) {
    const unit = pattern[at] as string;
    if (unit === '\\' && at + 1 < pattern.length) tokens.push(pattern[++at] as string);
    else if (unit === '*') tokens.push(anyText);
    else if (unit === '?') tokens.push(anyCharacter);
    else tokens.push(unit);
  }
  return tokens;
}

/** A pattern in two: what is before its first wildcard, and the rest. */
export function splitPattern(pattern: string): { literal: string; rest: string } {
  const literal = /^(?:[^*?\\]+|\\.?)*/s.exec(pattern)?.[0] ?? '';
  return { literal, rest: pattern.slice(literal.length) };
}

/** What a pattern without wildcards means. */
export function literalText(literal: string): string {
  return literal.replace(/\\(.)/gs, '$1');
}

/** A pattern that means exactly this text. */
export function literalPattern(text: string): string {
  return text.replace(/[\\*?]/g, '\\$&');
}

/**
 * The usual greedy match with one point to come back to, the newest `*`: no regular expression of a
 * caller's making, so that no pattern takes exponential time.
 */
export function matchesTokens(tokens: readonly PatternToken[], value: string): boolean {
  let token = 0;
  let at = 0;
  let star = -1;
  let starAt = 0;
  while (at < value.length) {
    if (tokens[token] === anyText) {
      star = token++;
      starAt = at;
    } else if (tokens[token] === anyCharacter) {
      token++;
      at += unitsAt(value, at);
    } else if (token < tokens.length && tokens[token] === value[at]) {
      token++;
      at++;
    } else if (star >= 0) {
      token = star + 1;
      starAt += unitsAt(value, starAt);
      at = starAt;
    } else {
      return false;
    }
  }
  while (tokens[token] === anyText) token++;
  return token === tokens.length;
}

const lastOfOneUnit = 0xffff;

function unitsAt(value: string, at: number): number {
  return (value.codePointAt(at) ?? 0) > lastOfOneUnit ? 2 : 1;
}
