/** Patterns in queries, as every catalog answers them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Catalog, likeMaxChars } from './catalog.ts';
import { describeCatalog, keyPairsOf } from './test-catalog.ts';
import { keyPair } from './test-rows.ts';

export function patternSuite(name: string, open: () => Promise<Catalog>): void {
  describeCatalog(`patterns in the catalog: ${name}`, open, (catalog) => {
    const { insert, list, count } = keyPairsOf(catalog);

    test('patterns narrow by a column: *, ?, a backslash, and nothing else has a meaning', async () => {
      const names = [
        'web-1',
        'web-10',
        'Web-1',
        'a*b',
        'a?b',
        'a\\b',
        'a[xy]b',
        'axb',
        'a%b',
        'a_b',
      ];
      const astral = ['k\u{1f511}', 'k\u{1f511}\u{1f511}', 'k\u00fc'];
      await insert(...[...names, ...astral].map((name) => keyPair(`key-${name}`, { name })));
      const named = async (...like: string[]) =>
        (await list({ where: { name: { like } } })).map((id) => id.slice('key-'.length));
      const cases: [pattern: string, names: string[]][] = [
        ['web-*', ['web-1', 'web-10']],
        ['*eb-1', ['Web-1', 'web-1']],
        ['*1*', ['Web-1', 'web-1', 'web-10']],
        ['web-1?', ['web-10']],
        ['web-1', ['web-1']],
        ['web', []],
        ['a?b', ['a%b', 'a*b', 'a?b', 'a\\b', 'a_b', 'axb']],
        ['a\\*b', ['a*b']],
        ['a\\?b', ['a?b']],
        ['a\\\\b', ['a\\b']],
        ['a[xy]b', ['a[xy]b']],
        ['a\\xb', ['axb']],
        ['a%*', ['a%b']],
        ['a_?', ['a_b']],
        ['k?', ['k\u00fc', 'k\u{1f511}']],
        ['*\u{1f511}?', ['k\u{1f511}\u{1f511}']],
        ['', []],
      ];
      for (const [pattern, expected] of cases) {
        assert.deepEqual(await named(pattern), expected, pattern);
      }
      assert.deepEqual(await named('web-1', '*0'), ['web-1', 'web-10']);
      assert.deepEqual(await named(), []);
      assert.equal((await named('*')).length, names.length + astral.length);
    });

    test('patterns stand beside other columns, pages and counts, and may be as long as is promised', async () => {
      await insert(
        keyPair('key-1', { name: 'web-1' }),
        keyPair('key-2', { name: 'web-2', region: 'eu-west-1' }),
        keyPair('key-3', { name: 'web-3' }),
        keyPair('key-4', { name: 'db-1' }),
        keyPair('key-5', { name: 'web-5' }),
      );
      const where = { region: 'us-east-1', name: { like: ['web-*'] } };
      assert.deepEqual(await list({ where }), ['key-1', 'key-3', 'key-5']);
      assert.deepEqual(await list({ where, after: 'key-1', limit: 1 }), ['key-3']);
      assert.equal(await count({ where }), 3);
      assert.equal(await count({ where: { name: { like: [] } } }), 0);
      const stars = '*-1'.padStart(likeMaxChars, '*');
      const escapes = '\\*'.repeat(likeMaxChars / 2);
      const astral = '\u{1f511}'.repeat(likeMaxChars / 2);
      const long = await list({ where: { name: { like: [stars, escapes, astral] } } });
      assert.deepEqual(long, ['key-1', 'key-4']);
      // Exponential time would not end here.
      await insert(keyPair('key-6', { name: 'a'.repeat(5000) }));
      assert.deepEqual(await list({ where: { name: { like: [`${'*a'.repeat(50)}b`] } } }), []);
    });
  });
}
