/**
 * Writes what is made out of the official SDK's schemas and of the operations that are there: the
 * contract, the table of operations, the compatibility page. With `--check` it writes nothing and
 * says what is not current.
 *
 *   npm run generate         write
 *   npm run check            lint, types, and this with --check
 */
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { generateApi } from './generate-api.ts';
import { tablesText } from './generate-tables.ts';

const root = path.dirname(import.meta.dirname);
const checking = process.argv.includes('--check');

const contract = Object.entries(generateApi()).map(([name, text]) => ({
  file: `api/generated/${name}`,
  text,
}));
const tables = { file: 'server/operations/generated/tables.ts', text: tablesText() };
const stale = [...contract, tables].filter(isStale).map(({ file }) => file);
const forgotten = globSync('api/generated/*', { cwd: root }).filter(
  (found) => !contract.some(({ file }) => file === found),
);

if (checking) {
  // The page is made out of the others: while they are not current it cannot be told whether it is.
  if (stale.length + forgotten.length === 0 && isStale(await page())) stale.push('the page');
  if (stale.length + forgotten.length > 0) {
    console.error(`Not current: ${[...stale, ...forgotten].join(', ')}. Run: npm run generate`);
    process.exitCode = 1;
  }
} else {
  for (const file of forgotten) rmSync(path.join(root, file));
  for (const { file, text } of [...contract, tables]) write(file, text);
  const { file, text } = await page();
  write(file, text);
}

/** Loaded late: it reads the others as they have just been written. */
async function page() {
  const { compatibilityPage } = await import('./generate-compatibility.ts');
  return { file: 'docs/compatibility.md', text: compatibilityPage() };
}

function isStale({ file, text }: { file: string; text: string }): boolean {
  const name = path.join(root, file);
  return !existsSync(name) || readFileSync(name, 'utf8') !== text;
}

function write(file: string, text: string): void {
  mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
  writeFileSync(path.join(root, file), text);
}
