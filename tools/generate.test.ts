import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { subjects } from '../api/actions.ts';
import {
  backupActionNames,
  dlmActionNames,
  ebsActionNames,
  ec2ActionNames,
  imagebuilderActionNames,
  kmsActionNames,
  ssmActionNames,
  stsActionNames,
} from '../api/generated/action-names.ts';
import { rbinActionNames } from '../api/rbin.ts';

const root = path.dirname(import.meta.dirname);
const scratch = mkdtempSync(path.join(tmpdir(), 'imago-generate-'));
after(() => rmSync(scratch, { recursive: true }));

function generate(folder: string, ...options: string[]) {
  const file = path.join(folder, 'tools/generate.ts');
  const { status, stderr } = spawnSync(process.execPath, [file, ...options], { encoding: 'utf8' });
  return { status, stderr };
}

test('what is generated is current', () => {
  assert.deepEqual(generate(root, '--check'), { status: 0, stderr: '' });
});

test('a file of an action’s name is all that it takes to offer it', () => {
  for (const folder of ['api', 'server', 'tools', 'docs', 'package.json']) {
    cpSync(path.join(root, folder), path.join(scratch, folder), { recursive: true });
  }
  symlinkSync(path.join(root, 'node_modules'), path.join(scratch, 'node_modules'));
  const text = `import type { Operation } from '../../operation.ts';
export const importVolume: Operation<never, never> = { accepts: ['Description'], run: async () => ({}) as never };\n`;
  writeFileSync(path.join(scratch, 'server/operations/ec2/images/ImportVolume.ts'), text);
  const before = generate(scratch, '--check');
  assert.equal(before.status, 1);
  assert.match(before.stderr, /Not current: api\/generated\/ec2.ts.*tables.ts/);
  assert.deepEqual(generate(scratch), { status: 0, stderr: '' });
  assert.deepEqual(generate(scratch, '--check'), { status: 0, stderr: '' });
  const read = (name: string) => readFileSync(path.join(scratch, name), 'utf8');
  assert.match(read('api/generated/ec2-types.ts'), /interface ImportVolumeRequest {/);
  assert.match(read('server/operations/generated/tables.ts'), /^ {2}ImportVolume: importVolume,$/m);
  assert.match(
    read('docs/compatibility.md'),
    /^\| ImportVolume \| Description \| .*AvailabilityZone/m,
  );
});

test('every action in scope is in the official model, and once', () => {
  const names: Record<string, readonly string[]> = {
    dlm: dlmActionNames,
    ebs: ebsActionNames,
    ec2: ec2ActionNames,
    backup: backupActionNames,
    imagebuilder: imagebuilderActionNames,
    rbin: rbinActionNames,
    kms: kmsActionNames,
    ssm: ssmActionNames,
    sts: stsActionNames,
  };
  const all = subjects.flatMap(({ service, actions }) => {
    for (const action of actions) assert.ok(names[service]?.includes(action), action);
    return actions.map((action) => `${service}:${action}`);
  });
  assert.equal(new Set(all).size, all.length);
});
