import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { complaintAbout, importsOf, violations } from './import-check.ts';

test('every import of api, server and cli keeps to the table', () => {
  assert.deepEqual(violations(path.dirname(import.meta.dirname)), []);
});

test('all forms of an import are seen, with their lines', () => {
  const text = [
    "import { a } from '../catalog/sqlite/b.ts';",
    "import type {\n  C,\n  D,\n} from 'kysely';",
    "export { e } from './e.ts';",
    "import 'node:fs';",
    "const late = await import('../../cli/output.ts');",
  ].join('\n');
  assert.deepEqual(
    importsOf('server/domain/x.ts', text).map(({ line, target }) => `${line} ${target}`),
    [
      '1 server/catalog/sqlite/b.ts',
      '2 kysely',
      '6 server/domain/e.ts',
      '7 node:fs',
      '8 cli/output.ts',
    ],
  );
});

for (const [file, target] of [
  ['api/ids.ts', 'server/foundations/log.ts'],
  ['server/domain/images.ts', 'server/catalog/sqlite/sqlite-catalog.ts'],
  ['server/domain/images.ts', 'server/tasks/runner.ts'],
  ['server/domain/images.ts', 'node:fs'],
  ['server/protocol/ec2-query.ts', 'server/http/listener.ts'],
  ['server/blocks/fs/fs-block-store.ts', 'server/blocks/memory/memory-block-store.ts'],
  ['server/blocks/block-map.ts', 'server/blocks/fs/fs-block-store.ts'],
  ['server/nbd/nbd-server.ts', 'server/catalog/rows/image.ts'],
  ['server/operations/ec2/instances/RunInstances.ts', 'kysely'],
  ['cli/commands/env.ts', 'server/main.ts'],
] as const) {
  test(`${file} may not import ${target}`, () => {
    assert.match(complaintAbout({ file, line: 1, target }) ?? '', /may not/);
  });
}

for (const [file, target] of [
  ['server/operations/ec2/instances/RunInstances.ts', 'server/domain/instances.ts'],
  ['server/domain/images.ts', 'server/catalog/rows/image.ts'],
  ['server/blocks/fs/fs-block-store.ts', 'server/blocks/fs/block-file.ts'],
  ['server/blocks/fs/fs-block-store.ts', 'server/blocks/block-store.ts'],
  ['cli/commands/serve.ts', 'server/main.ts'],
] as const) {
  test(`${file} may import ${target}`, () => {
    assert.equal(complaintAbout({ file, line: 1, target }), undefined);
  });
}
