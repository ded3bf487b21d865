/**
 * That every action with filters knows those which EC2’s own documentation lists, and no others.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { ec2Model } from '../../../api/generated/ec2.ts';
import type { ServiceModel } from '../../../api/model.ts';
import { services } from '../generated/tables.ts';
import type { Operation } from '../operation.ts';
import { createTestContext, type TestContext } from '../test-context.ts';
import { insertProviderImage } from '../test-images.ts';
import { insertRunningInstance } from '../test-instances.ts';

let context: TestContext;
before(async () => {
  context = await createTestContext();
  await insertRunningInstance(context, await insertProviderImage(context));
});
after(() => context[Symbol.asyncDispose]());

const folder = path.join(
  import.meta.dirname,
  '../../../node_modules/@aws-sdk/client-ec2/dist-types/models',
);
const declarations = readdirSync(folder)
  .filter((file) => file.endsWith('.d.ts'))
  .map((file) => readFileSync(path.join(folder, file), 'utf8'))
  .join('\n');

/** Of the entries of the outermost list: those further in are values. */
function documentedFilters(action: string, member: string): string[] {
  const from = declarations.indexOf(`export interface ${action}Request {`);
  const text = declarations.slice(from, declarations.indexOf(`    ${member}?:`, from));
  const comment = text.slice(text.lastIndexOf('/**')).replaceAll(/\n\s*\* ?/g, ' ');
  // A single one is in a sentence.
  const names = [...comment.matchAll(/the <code>([\w-]+)<\/code> filter/g)].map(
    ([, name = '']) => name,
  );
  let depth = 0;
  for (const [tag, code] of comment.matchAll(/<\/?ul>|<li>\s*<p>\s*<code>(.*?)<\/code>/g)) {
    if (code === undefined) depth += tag === '<ul>' ? 1 : -1;
    else if (depth === 1) names.push(code);
  }
  return names;
}

/** EC2 says that they have filters, and not which. */
const untold = ['DescribeImportSnapshotTasks', 'DescribeExportImageTasks', 'DescribeExportTasks'];

const { operations } = services.find(({ model }) => model.service === 'ec2') ?? assert.fail();
const { operations: contract, shapes }: ServiceModel = ec2Model;

function inputMembers(action: string): string[] {
  const shape = shapes[contract[action]?.input ?? ''];
  return shape && 'members' in shape ? Object.keys(shape.members) : [];
}

for (const [action, operation] of Object.entries(operations)) {
  const member = inputMembers(action).find((name) => name === 'Filters' || name === 'Filter');
  if (!member || !operation.accepts.includes(member)) continue;
  test(`${action} knows its filters`, async () => {
    const { run } = operation as unknown as Operation<Record<string, unknown>, object>;
    const ask = (Name: string) => run({ [member]: [{ Name, Values: ['x'] }] }, context);
    const names = documentedFilters(action, member);
    assert.ok(names.length > 0 || untold.includes(action));
    for (const name of names) {
      await ask(/^tag:?(&lt;|<|$)/.test(name) ? 'tag:Name' : name).catch((error) =>
        assert.notEqual(error.message, `The filter '${name}' is invalid`),
      );
    }
    await assert.rejects(ask('no-such-filter'), { code: 'InvalidParameterValue' });
  });
}
