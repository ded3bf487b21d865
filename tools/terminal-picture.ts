/**
 * Turns what a command printed on a terminal (standard input, with its colours) into a picture of
 * that terminal, as SVG on standard output. Knows the few control sequences that Imago's own output
 * has, and no others.
 *
 *   script -qec 'npm run quickstart' /tmp/run
 *   tools/node24 tools/terminal-picture.ts 'npm run quickstart' \
 *     </tmp/run >docs/pictures/quickstart.svg
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const fontSizePx = 14;
const columnPx = 8.43;
const linePx = 20;
const marginPx = 20;
const titlePx = 34;
const colors = { background: '#16181d', text: '#d7dae0', bar: '#23262e' };

/** SGR code -> CSS. */
const styles: Record<string, string> = {
  '1': 'font-weight:bold',
  '2': 'opacity:.6',
  '31': 'fill:#f0717d',
  '32': 'fill:#7fd18b',
  '33': 'fill:#e8c36a',
  '36': 'fill:#6fc3df',
};
const endsBold = '22';
const endsColor = '39';

interface Span {
  text: string;
  style: string;
}

/** Moves to the beginning of the line, and what erases it: the end of the line is redrawn. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are terminal control sequences
const returns = /\x1b\[1?G/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above
const erasures = /\x1b\[[012]?K/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above
const colorCodes = /\x1b\[[0-9;]*m/g;
const notOurs = /^(Script (started|done)|> |npm warn )/;

/**
 * What is left on each line: one that was redrawn shows its last state only. What npm itself says
 * is left out.
 */
export function screenLines(output: string): string[] {
  const lines = output
    .replaceAll('\r\n', '\n')
    .replace(returns, '\r')
    .replace(erasures, '')
    .split('\n')
    .map((line) => line.slice(line.lastIndexOf('\r') + 1))
    .filter((line) => !notOurs.test(line.replace(colorCodes, '')));
  const isBlank = (line: string) => line.trim() === '';
  const first = lines.findIndex((line) => !isBlank(line));
  return lines.slice(first, lines.findLastIndex((line) => !isBlank(line)) + 1);
}

export function spansOf(line: string): Span[] {
  const spans: Span[] = [];
  const active = new Set<string>();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are terminal control sequences
  for (const part of line.split(/(\x1b\[[0-9;]*m)/)) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: as above
    const codes = /^\x1b\[([0-9;]*)m$/.exec(part)?.[1]?.split(';');
    if (!codes) {
      const style = [...active].flatMap((code) => styles[code] ?? []).join(';');
      if (part) spans.push({ text: part, style });
      continue;
    }
    for (const code of codes) {
      if (code === '' || code === '0') active.clear();
      else if (code === endsBold) for (const each of ['1', '2']) active.delete(each);
      else if (code === endsColor) {
        for (const each of ['31', '32', '33', '36']) active.delete(each);
      } else active.add(code);
    }
  }
  return spans;
}

export function terminalPicture(title: string, output: string): string {
  const lines = screenLines(output).map(spansOf);
  const length = (spans: Span[]) => spans.reduce((sum, { text }) => sum + [...text].length, 0);
  const width = Math.ceil(Math.max(60, ...lines.map(length)) * columnPx + 2 * marginPx);
  const height = titlePx + lines.length * linePx + 1.5 * marginPx;
  const rows = lines.map((spans, index) => {
    const y = titlePx + marginPx + index * linePx;
    const parts = spans.map(
      ({ text, style }) => `<tspan${style && ` style="${style}"`}>${escapeXml(text)}</tspan>`,
    );
    return `<text x="${marginPx}" y="${y}">${parts.join('')}</text>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" role="img">`,
    `<title>${escapeXml(title)}</title>`,
    `<rect width="${width}" height="${height}" rx="8" fill="${colors.background}"/>`,
    `<path d="M0 8a8 8 0 0 1 8-8h${width - 16}a8 8 0 0 1 8 8v${titlePx - 14}H0z" fill="${colors.bar}"/>`,
    `<g font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="${fontSizePx}" fill="${colors.text}" xml:space="preserve">`,
    `<text x="${marginPx}" y="18" style="opacity:.8">$ ${escapeXml(title)}</text>`,
    ...rows,
    '</g></svg>\n',
  ].join('\n');
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const title = process.argv[2] ?? '';
  process.stdout.write(terminalPicture(title, readFileSync(0, 'utf8')));
}
