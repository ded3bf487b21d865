/** That DescribeImages knows every filter which EC2's own documentation lists. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { rowFilter } from '../../../domain/filters.ts';
import { imageFilters } from './image-filters.ts';

/** The names in the comment of the official client's type. */
function documentedFilters(): string[] {
  const folder = path.join(
    import.meta.dirname,
    '../../../../node_modules/@aws-sdk/client-ec2/dist-types/models',
  );
  const [request = ''] = readdirSync(folder)
    .filter((file) => file.endsWith('.d.ts'))
    .map((file) => readFileSync(path.join(folder, file), 'utf8'))
    .flatMap((text) => text.match(/export interface DescribeImagesRequest \{.*?\n\}/s) ?? []);
  const items = request.matchAll(
    /<p>\s*\*?\s*<code>([a-z][a-z.:-]+)(?:&lt;key&gt;|<key>)?<\/code>\s*[-–]/g,
  );
  const severities = ['informational', 'low', 'medium', 'high', 'critical'];
  return [...items].map(([, name = '']) => name).filter((name) => !severities.includes(name));
}

test('every documented filter is known', () => {
  const names = documentedFilters();
  assert.ok(names.length > 50, `${names.length} filters are documented`);
  for (const name of names) {
    const Name = name === 'tag:' ? 'tag:Name' : name;
    assert.doesNotThrow(() => rowFilter([{ Name, Values: ['x'] }], imageFilters), name);
  }
});
