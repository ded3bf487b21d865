import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { checkCatalogPlace, placeOf, recordCatalogPlace } from './catalog-place.ts';
import { nodeFiles } from './files/node/node-files.ts';
import { Home } from './foundations/home.ts';

test('a place has neither password nor key', () => {
  const places: [url: string, place: string][] = [
    ['postgres://imago:p@ss:w@db.example:5433/imago', 'postgres://imago@db.example:5433/imago'],
    ['postgresql://db/imago?password=p&sslkey=k', 'postgresql://db/imago'],
    [
      'postgres://a@/b?host=%2Frun&sslpassword=p&options=-c',
      'postgres://a@/b?host=%2Frun&options=-c',
    ],
    ['postgres://:secret@db/imago?', 'postgres://db/imago'],
  ];
  for (const [url, place] of places) assert.equal(placeOf({ url, password: 'p' }), place);
});

test('a home keeps to the catalog that was recorded first', async () => {
  const home = new Home(mkdtempSync(path.join(tmpdir(), 'im-place-')));
  const database = { url: 'postgres://imago:secret@db/imago' };
  const check = (url?: string) => checkCatalogPlace(home, nodeFiles, url ? { url } : undefined);
  try {
    await check();
    await check(database.url);
    await recordCatalogPlace(home, nodeFiles, database);
    await check('postgres://imago:changed@db/imago');
    for (const other of [undefined, 'postgres://imago@db/other']) {
      await assert.rejects(check(other), {
        name: 'OtherCatalogError',
        message: `The catalog of the home ${home.folder} is postgres://imago@db/imago.`,
        advice: /Name it with --catalog .* rm /,
      });
    }
    assert.equal(readFileSync(home.catalogPlaceFile, 'utf8'), 'postgres://imago@db/imago\n');
    assert.equal(statSync(home.catalogPlaceFile).mode & 0o777, 0o600);
    rmSync(home.catalogPlaceFile);
    await recordCatalogPlace(home, nodeFiles, undefined);
    await check();
    await assert.rejects(check(database.url), { advice: /^Leave --catalog away/ });
  } finally {
    rmSync(home.folder, { recursive: true });
  }
});
