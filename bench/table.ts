/**
 * The block store against its peers and against what the machine can do at most, as one table of
 * ratios, each made in one run on the same bytes: `npm run bench [-- ingest serve neighbours scale
 * generations]`. Peers are Debian's packages (store/peers.ts). It needs some gigabytes of room.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir, totalmem } from 'node:os';
import path from 'node:path';
import { load } from './figures.ts';
import { generationsRows } from './store/generations.ts';
import { ingestRows } from './store/ingest.ts';
import { neighboursRows } from './store/neighbours.ts';
import { printTable, type Row } from './store/row.ts';
import { scaleRows } from './store/scale.ts';
import { serveRows } from './store/serve.ts';

const parts: Record<string, (folder: string) => Promise<Row[]>> = {
  ingest: ingestRows,
  serve: serveRows,
  neighbours: neighboursRows,
  scale: scaleRows,
  generations: generationsRows,
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in parts));
if (unknown.length > 0) throw new Error(`there is no ${unknown}: ${Object.keys(parts).join(', ')}`);
const rows: Row[] = [];
for (const name of wanted.length > 0 ? wanted : Object.keys(parts)) {
  const folder = await mkdtemp(path.join(tmpdir(), 'bench-store-'));
  try {
    rows.push(...((await parts[name]?.(folder)) ?? []));
  } finally {
    await rm(folder, { recursive: true });
  }
}
const memory = `${Math.round(totalmem() / 1024 ** 3)} GiB`;
console.log(`\n${availableParallelism()} of ${cpus()[0]?.model.trim()}, ${memory}, ${load()}\n`);
printTable(rows);
