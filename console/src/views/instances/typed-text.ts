/**
 * A text as keys that are pressed one after the other: a machine's screen knows keys, and no text.
 * They are those of a US keyboard, which is what a guest has that was not told of another.
 */
export interface Press {
  /** As browsers name the key. */
  code: string;
  /** As X names what it means. */
  keysym: number;
  isShifted: boolean;
}

/** Keys with two signs, after their codes. */
const signs = {
  ...{ Backquote: '`~', Minus: '-_', Equal: '=+', BracketLeft: '[{', BracketRight: ']}' },
  ...{ Backslash: '\\|', Semicolon: ';:', Quote: '\'"', Comma: ',<', Period: '.>', Slash: '/?' },
};

const keys = new Map<string, Press>();

function add(code: string, pair: string): void {
  for (const [index, sign] of [...pair].entries()) {
    keys.set(sign, { code, keysym: sign.charCodeAt(0), isShifted: index === 1 });
  }
}

for (const [code, pair] of Object.entries(signs)) add(code, pair);
for (const [digit, sign] of [...')!@#$%^&*('].entries()) add(`Digit${digit}`, `${digit}${sign}`);
for (const letter of 'abcdefghijklmnopqrstuvwxyz') {
  const capital = letter.toUpperCase();
  add(`Key${capital}`, `${letter}${capital}`);
}
add('Space', ' ');
keys.set('\n', { code: 'Enter', keysym: 0xff0d, isShifted: false });
keys.set('\t', { code: 'Tab', keysym: 0xff09, isShifted: false });

/** What has no key is told, and not left out in silence. */
export function pressesOf(text: string): { presses: Press[]; without: string[] } {
  const signsOfText = [...text.replaceAll(/\r\n?/g, '\n')];
  return {
    presses: signsOfText.flatMap((sign) => keys.get(sign) ?? []),
    without: [...new Set(signsOfText.filter((sign) => !keys.has(sign)))],
  };
}
