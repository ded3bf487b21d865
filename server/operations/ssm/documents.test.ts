/** Documents of Systems Manager: what is answered and written, and what is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestContext } from '../test-context.ts';
import { makeDocument, testDocument } from '../test-documents.ts';
import { addTagsToResource } from './AddTagsToResource.ts';
import { createDocument } from './CreateDocument.ts';
import { deleteDocument } from './DeleteDocument.ts';
import { describeDocument } from './DescribeDocument.ts';
import { getDocument } from './GetDocument.ts';
import { listDocuments } from './ListDocuments.ts';
import { listTagsForResource } from './ListTagsForResource.ts';
import { removeTagsFromResource } from './RemoveTagsFromResource.ts';
import { updateDocument } from './UpdateDocument.ts';
import { updateDocumentDefaultVersion } from './UpdateDocumentDefaultVersion.ts';

const yaml = `schemaVersion: '2.2'
parameters:
  command:
    type: String
    description: What to do
    default: dry-run
    allowedPattern: '^(dry-run|pre-script|post-script)$'
mainSteps:
- action: aws:runShellScript
  name: run
  inputs:
    timeoutSeconds: 0020
    runCommand: ['echo {{command}}']
`;

test('a document is described, and answered as it was written or in the other format', async () => {
  await using context = await createTestContext();
  const { account } = context.caller;
  const asked = { Name: 'hold', Content: yaml, DocumentFormat: 'YAML' };
  const Tags = [{ Key: 'team', Value: 'data' }];
  const TargetType = '/AWS::EC2::Instance';
  const made = await createDocument.run({ ...asked, Tags, TargetType }, context);
  const { Hash, CreatedDate, ...described } = made.DocumentDescription ?? {};
  assert.match(Hash ?? '', /^[0-9a-f]{64}$/);
  assert.equal(CreatedDate?.getTime(), context.now.getTime());
  assert.deepEqual(described, {
    Name: 'hold',
    Owner: account,
    DocumentVersion: '1',
    DefaultVersion: '1',
    LatestVersion: '1',
    DocumentFormat: 'YAML',
    DocumentType: 'Command',
    SchemaVersion: '2.2',
    PlatformTypes: ['Linux'],
    HashType: 'Sha256',
    Status: 'Active',
    Description: undefined,
    TargetType,
    Tags,
    Parameters: [
      { Name: 'command', Type: 'String', Description: 'What to do', DefaultValue: 'dry-run' },
    ],
  });
  const Name = `arn:aws:ssm:us-east-1:${account}:document/hold`;
  assert.deepEqual(await describeDocument.run({ Name }, context), {
    Document: made.DocumentDescription,
  });
  const own = await getDocument.run({ Name }, context);
  assert.deepEqual([own.Content, own.DocumentFormat, own.Status], [yaml, 'YAML', 'Active']);
  const other = await getDocument.run({ Name, DocumentFormat: 'JSON' }, context);
  const { mainSteps } = JSON.parse(other.Content ?? '');
  assert.deepEqual(mainSteps[0].inputs, {
    timeoutSeconds: '0020',
    runCommand: ['echo {{command}}'],
  });
  const again = { Name: 'again', Content: other.Content ?? '' };
  await createDocument.run(again, context);
  await assert.rejects(createDocument.run(again, context), { code: 'DocumentAlreadyExists' });
});

test('versions are kept, and the default one is the one that is meant', async () => {
  await using context = await createTestContext();
  await makeDocument(context, 'hold', 3);
  const versionOf = async (DocumentVersion?: string) =>
    (await getDocument.run({ Name: 'hold', DocumentVersion }, context)).DocumentVersion;
  assert.deepEqual(
    [
      await versionOf(),
      await versionOf('$DEFAULT'),
      await versionOf('$LATEST'),
      await versionOf('2'),
    ],
    ['1', '1', '3', '2'],
  );
  await updateDocumentDefaultVersion.run({ Name: 'hold', DocumentVersion: '2' }, context);
  assert.equal(await versionOf(), '2');
  const { Document } = await describeDocument.run({ Name: 'hold' }, context);
  assert.deepEqual([Document?.DefaultVersion, Document?.LatestVersion], ['2', '3']);
  const update = (Content: string, DocumentVersion?: string) =>
    updateDocument.run({ Name: 'hold', Content, DocumentVersion }, context);
  await assert.rejects(update(testDocument('echo 3')), { code: 'DuplicateDocumentContent' });
  await assert.rejects(update(testDocument('new'), '1'), { code: 'InvalidDocumentVersion' });
  const TargetType = '/';
  const change = { Name: 'hold', Content: yaml, DocumentFormat: 'YAML', TargetType };
  const { DocumentDescription: fourth } = await updateDocument.run(change, context);
  assert.deepEqual(
    [fourth?.DocumentVersion, fourth?.DefaultVersion, fourth?.TargetType],
    ['4', '2', '/'],
  );
  const remove = (DocumentVersion?: string) =>
    deleteDocument.run({ Name: 'hold', DocumentVersion }, context);
  await assert.rejects(remove('2'), { code: 'InvalidDocumentOperation' });
  await assert.rejects(remove('4'), { code: 'InvalidDocumentOperation' });
  await remove('3');
  await assert.rejects(versionOf('3'), { code: 'InvalidDocumentVersion' });
  await makeDocument(context, 'holding');
  await remove();
  await assert.rejects(versionOf(), { code: 'InvalidDocument' });
  const left = await context.catalog.read(({ documentVersions }) => documentVersions.list());
  assert.equal(left.length, 1);
});

test('lists are narrowed by what documents are called, and by their tags', async () => {
  await using context = await createTestContext();
  await makeDocument(context, 'hold-one');
  const Tags = [{ Key: 'team', Value: 'data' }];
  const asked = { Name: 'other', Content: testDocument(), Tags, TargetType: '/x' };
  await createDocument.run(asked, context);
  const namesBy = async (Key: string, ...Values: string[]) => {
    const { DocumentIdentifiers = [] } = await listDocuments.run(
      { Filters: [{ Key, Values }] },
      context,
    );
    return DocumentIdentifiers.map(({ Name }) => Name).join();
  };
  assert.equal(await namesBy('Owner', 'Self'), 'hold-one,other');
  assert.equal(await namesBy('Owner', 'Amazon'), '');
  assert.equal(await namesBy('Name', 'hold'), 'hold-one');
  assert.equal(await namesBy('DocumentType', 'Automation'), '');
  assert.equal(await namesBy('PlatformTypes', 'Linux', 'Windows'), 'hold-one,other');
  assert.equal(await namesBy('tag:team', 'data', 'web'), 'other');
  assert.equal(await namesBy('TargetType', '/x'), 'other');
  await assert.rejects(namesBy('Color', 'red'), { code: 'ValidationException' });
  const first = await listDocuments.run({ MaxResults: 1 }, context);
  const second = await listDocuments.run({ NextToken: first.NextToken }, context);
  assert.deepEqual(
    [first, second].map(({ DocumentIdentifiers }) => DocumentIdentifiers?.[0]?.Name),
    ['hold-one', 'other'],
  );
});

test('what cannot be run is refused, with its line', async () => {
  await using context = await createTestContext();
  const refusalOf = async (Content: string, DocumentFormat = 'YAML', Name = 'wrong') => {
    const asked = { Name, Content, DocumentFormat };
    const error = await createDocument.run(asked, context).then(
      () => undefined,
      (why) => why,
    );
    return `${error?.code}: ${error?.message}`;
  };
  const edited = (from: string | RegExp, to: string) => yaml.replace(from, to);
  assert.match(await refusalOf(yaml, 'JSON'), /^InvalidDocumentContent: .*is not JSON/);
  assert.match(await refusalOf(yaml, 'TEXT'), /^ValidationException/);
  assert.match(await refusalOf(yaml, 'YAML', 'AWS-Mine'), /^ValidationException/);
  assert.match(await refusalOf(yaml, 'YAML', 'a b'), /^ValidationException/);
  assert.match(await refusalOf(edited('2.2', '0.3')), /^InvalidDocumentSchemaVersion: .*line 1/);
  assert.match(await refusalOf(`${yaml}#${'x'.repeat(65_536)}`), /^MaxDocumentSizeExceeded/);
  const content: [string | RegExp, string, RegExp][] = [
    ['aws:runShellScript', 'aws:runPowerShellScript', /line 9.*the only action/],
    ['type: String', 'type: StringList', /the only type is 'String'/],
    ['{{command}}', '{{ ssm:secret }}', /\{\{ ssm:secret \}\} is no parameter/],
    ['default: dry-run', 'default: wet', /'wet' does not match the allowedPattern/],
    ['(dry-run|pre-script|post-script)', '(', /cannot be used/],
    ['0020', '0', /from 1 to/],
    ['  name: run', '  name: run\n  onFailure: exit', /'onFailure' is not known here/],
    ['- action', '- precondition: {StringEquals: [os, x]}\n  action', /platformType/],
  ];
  for (const [from, to, why] of content) {
    const refusal = await refusalOf(edited(from, to));
    assert.match(refusal, /^InvalidDocumentContent: The document is not valid: line \d+/);
    assert.match(refusal, why);
  }
});

test('a pattern that would take for ever is given up', async () => {
  await using context = await createTestContext();
  const Content = yaml
    .replace('^(dry-run|pre-script|post-script)$', '^(a|a|b|aa)+$')
    .replace('default: dry-run', `default: ${'a'.repeat(60)}c`);
  const began = performance.now();
  const asked = { Name: 'slow', Content, DocumentFormat: 'YAML' };
  await assert.rejects(createDocument.run(asked, context), { code: 'InvalidDocumentContent' });
  assert.ok(performance.now() - began < 5000);
});

test('tags of a document are added, told and removed by its owner', async () => {
  await using context = await createTestContext();
  const asked = { Name: 'hold', Content: testDocument() };
  await createDocument.run({ ...asked, Tags: [{ Key: 'team', Value: 'data' }] }, context);
  const document = { ResourceType: 'Document', ResourceId: 'hold' } as const;
  await addTagsToResource.run({ ...document, Tags: [{ Key: 'k', Value: 'v' }] }, context);
  await removeTagsFromResource.run({ ...document, TagKeys: ['team'] }, context);
  const TagList = [{ Key: 'k', Value: 'v' }];
  assert.deepEqual(await listTagsForResource.run(document, context), { TagList });
  const described = await describeDocument.run({ Name: 'hold' }, context);
  assert.deepEqual(described.Document?.Tags, TagList);
  const stranger = await context.asNewAccount();
  const invalid = { code: 'InvalidResourceId' };
  await assert.rejects(listTagsForResource.run(document, stranger), invalid);
  await assert.rejects(addTagsToResource.run({ ...document, Tags: TagList }, stranger), invalid);
  const parameter = { ...document, ResourceType: 'Parameter' as const };
  await assert.rejects(listTagsForResource.run(parameter, context), invalid);
  const node = { ...document, ResourceType: 'ManagedInstance' as const };
  await assert.rejects(listTagsForResource.run(node, context), { code: 'InvalidResourceType' });
});
