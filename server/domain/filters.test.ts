import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Filter, type FilterTable, rowFilter, wildcardPattern } from './filters.ts';

interface Row {
  name: string;
  ports: string[];
  note?: string;
  tags: Record<string, string>;
}

const table: FilterTable<Row> = {
  values: { name: (row) => row.name, port: (row) => row.ports, note: (row) => row.note },
  tags: (row) => row.tags,
};
const row: Row = { name: 'web', ports: ['80', '443'], tags: { Env: 'prod', 'a:b': '' } };

const matches = (...filters: Filter[]) => rowFilter(filters, table).matches(row);
const filter = (Name: string, ...Values: string[]): Filter => ({ Name, Values });

describe('filters', () => {
  test('values of one filter are alternatives, filters all hold, none match everything', () => {
    assert.equal(matches(), true);
    assert.equal(matches(filter('name', 'db', 'web')), true);
    assert.equal(matches(filter('name', 'web'), filter('port', '443')), true);
    assert.equal(matches(filter('name', 'web'), filter('port', '22')), false);
    assert.equal(matches(filter('name', 'WEB')), false);
  });

  test('a row without the member matches nothing', () => {
    assert.equal(matches(filter('note', '*')), false);
  });

  test('tags by key and value', () => {
    assert.equal(matches(filter('tag:Env', 'pr*')), true);
    assert.equal(matches(filter('tag:a:b', '')), true);
    assert.equal(matches(filter('tag:Other', '*')), false);
    assert.equal(matches(filter('tag:toString', '*')), false);
    assert.equal(matches(filter('tag-key', 'E?v')), true);
    assert.equal(matches(filter('tag-value', 'prod')), true);
    assert.equal(matches(filter('tag-value', 'Env')), false);
  });

  test('unknown filters, filters without values and too many values are refused', () => {
    const invalid = { code: 'InvalidParameterValue' };
    assert.throws(() => matches(filter('colour', 'red')), {
      ...invalid,
      message: "The filter 'colour' is invalid",
    });
    assert.throws(() => matches(filter('toString', 'x')), invalid);
    assert.throws(() => matches({ Values: ['x'] }), invalid);
    assert.throws(() => matches({ Name: 'name' }), invalid);
    assert.throws(() => rowFilter([filter('tag:a', 'b')], { values: {} }), invalid);
    const many = Array.from({ length: 200 }, (_, index) => String(index));
    assert.equal(matches(filter('name', ...many)), false);
    assert.throws(() => matches(filter('name', ...many), filter('port', '80')), {
      code: 'FilterLimitExceeded',
    });
  });

  test('exact tells the values that a column may be narrowed by', () => {
    const exact = (...values: string[]) =>
      rowFilter([filter('name', ...values)], table).exact('name');
    assert.deepEqual(exact('a', 'b\\*'), ['a', 'b*']);
    assert.equal(exact('a', 'b*'), undefined);
    assert.equal(rowFilter(undefined, table).exact('name'), undefined);
  });
});

describe('wildcards', () => {
  const cases: [pattern: string, yes: string[], no: string[]][] = [
    ['debian-12-*', ['debian-12-', 'debian-12-amd64'], ['debian-11-amd64', 'xdebian-12-']],
    ['*-amd64', ['-amd64', 'a-amd64-amd64'], ['a-amd64-x']],
    ['a*b*c', ['abc', 'aXbYbZc'], ['acb', 'ab']],
    ['?', ['a', '*'], ['', 'ab']],
    ['a\\*b', ['a*b'], ['aXb', 'a\\*b']],
    ['a\\?', ['a?'], ['ab']],
    ['a\\\\*', ['a\\', 'a\\x'], ['a']],
    ['(.+)[a-z]', ['(.+)[a-z]'], ['xa']],
    ['**', ['', 'anything'], []],
    ['', [''], ['a']],
  ];
  for (const [pattern, yes, no] of cases) {
    test(`'${pattern}'`, () => {
      const { test: matches } = wildcardPattern(pattern);
      for (const value of yes) assert.equal(matches(value), true, value);
      for (const value of no) assert.equal(matches(value), false, value);
    });
  }

  test('a pattern of many stars takes no exponential time', () => {
    const pattern = wildcardPattern(`${'*a'.repeat(50)}b`);
    assert.equal(pattern.test('a'.repeat(5000)), false);
  });
});
