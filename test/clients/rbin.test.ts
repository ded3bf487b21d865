/**
 * The recycle bin by the clients that Debian has: the contract of its rules, which is written by
 * hand, is that of the official Python client; aws-cli and boto3 speak it.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import type { OperationModel, Shape } from '../../api/model.ts';
import { rbinModel } from '../../api/rbin.ts';
import { statusOf } from '../../server/http/errors.ts';
import { aws } from '../support/aws-cli.ts';
import { debianClient } from '../support/debian-client.ts';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';

let imago: ImagoProcess;
before(async () => {
  const home = await homeWith('micro');
  imago = await ImagoProcess.start({ hypervisor: 'simulated', home });
});
after(async () => {
  await imago?.dispose();
});

interface PythonShape {
  type: string;
  members?: Record<string, { shape: string; location?: string; locationName?: string }>;
  member?: { shape: string };
  required?: string[];
  error?: { httpStatusCode: number };
}

interface PythonModel {
  metadata: { apiVersion: string; signingName: string; protocol: string };
  operations: Record<
    string,
    {
      http: { method: string; requestUri: string; responseCode: number };
      input: { shape: string };
      output: { shape: string };
      errors: { shape: string }[];
    }
  >;
  shapes: Record<string, PythonShape>;
}

/** Later than that client. */
const newer = ['RuleArn', 'ExcludeResourceTags'];

/** A shape written out to its scalars. */
function ofPython(model: PythonModel, name: string): unknown {
  const { type, members = {}, member, required = [] } = model.shapes[name] as PythonShape;
  if (type === 'list') return [ofPython(model, member?.shape ?? '')];
  if (type !== 'structure') return type === 'integer' ? 'number' : type;
  const entries = Object.entries(members).map(([key, { shape }]) => [key, ofPython(model, shape)]);
  return { required: [...required].sort(), members: Object.fromEntries(entries) };
}

function ours(ref: string): unknown {
  const shape = (rbinModel.shapes as Record<string, Shape>)[ref];
  if (!shape) return ref;
  if ('list' in shape) return [ours(shape.list)];
  if (!('members' in shape)) throw new Error(`${ref} is a map`);
  const entries = Object.entries(shape.members)
    .filter(([key]) => !newer.includes(key))
    .map(([key, member]) => [key, ours(member as string)]);
  return { required: [...(shape.required ?? [])].sort(), members: Object.fromEntries(entries) };
}

test('the contract is that of the official Python client', async () => {
  const script = 'import botocore; print(botocore.__path__[0])';
  const folder = (await debianClient(imago, 'python3', ['-c', script])).trim();
  const file = path.join(folder, 'data/rbin/2021-06-15/service-2.json');
  const model = JSON.parse(readFileSync(file, 'utf8')) as PythonModel;
  const { metadata, operations } = model;
  assert.deepEqual(
    [metadata.signingName, metadata.apiVersion, metadata.protocol],
    [rbinModel.service, rbinModel.version, rbinModel.protocol],
  );
  assert.deepEqual(Object.keys(rbinModel.operations).sort(), Object.keys(operations).sort());
  for (const [action, own] of Object.entries(rbinModel.operations)) {
    const { http, input, output, errors } = operations[action] as PythonModel['operations'][''];
    const { http: bound, ...shapes } = own as OperationModel;
    assert.deepEqual(ours(shapes.input), ofPython(model, input.shape), action);
    assert.deepEqual(ours(shapes.output ?? ''), ofPython(model, output.shape), action);
    assert.equal(bound?.status ?? 200, http.responseCode, action);
    const members = model.shapes[input.shape]?.members ?? {};
    let route = `${http.method} ${http.requestUri}`;
    const bindings: Record<string, string> = {};
    for (const [name, { location, locationName }] of Object.entries(members)) {
      if (location === 'uri') bindings[name] = 'label';
      if (location === 'querystring') bindings[name] = `query ${locationName}`;
      route = route.replace(`{${locationName}}`, `{${name}}`);
    }
    assert.deepEqual(bound?.input ?? {}, bindings, action);
    assert.equal(rbinModel.routes[action as keyof typeof rbinModel.routes], route);
    for (const { shape } of errors) {
      const ofError = model.shapes[shape];
      const [common] = Object.entries(rbinModel.errors).find(([, [code]]) => code === shape) ?? [];
      assert.equal(statusOf(common ?? ''), ofError?.error?.httpStatusCode, shape);
    }
  }
});

async function refusal(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'none',
    (error) => /\((\w+)\)/.exec(error.stderr)?.[1] ?? error.message,
  );
}

test('aws-cli sees a rule through', async () => {
  const rbin = async <Answer = string>(action: string, ...words: string[]) =>
    (await aws(imago, 'rbin', action, ...words)) as Answer;
  const period = (days: number) => `RetentionPeriodValue=${days},RetentionPeriodUnit=DAYS` as const;
  const type = ['--resource-type', 'EBS_SNAPSHOT'];
  const id = await rbin(
    'create-rule',
    ...[...type, '--retention-period', period(7), '--description', 'of all'],
    ...['--tags', 'Key=by,Value=test', '--query', 'Identifier'],
  );
  const one = ['--identifier', id];
  const update = ['--retention-period', period(14), '--query', 'RetentionPeriod'];
  const changed = await rbin<object>('update-rule', ...one, ...update);
  assert.deepEqual(changed, { RetentionPeriodValue: 14, RetentionPeriodUnit: 'DAYS' });
  const lock = 'UnlockDelay={UnlockDelayValue=7,UnlockDelayUnit=DAYS}';
  await rbin('lock-rule', ...one, '--lock-configuration', lock);
  const ends = await rbin('unlock-rule', ...one, '--query', 'LockEndTime');
  assert.ok(Date.parse(ends) > Date.now());
  assert.equal(await rbin('get-rule', ...one, '--query', 'LockState'), 'pending_unlock');
  const listed = ['--lock-state', 'pending_unlock', '--query', 'Rules[].Identifier'];
  assert.deepEqual(await rbin('list-rules', ...type, ...listed), [id]);
  assert.equal(await refusal(rbin('delete-rule', ...one)), 'ConflictException');
  const unknown = rbin('get-rule', '--identifier', '00000000000');
  assert.equal(await refusal(unknown), 'ResourceNotFoundException');
  const long = rbin('create-rule', ...type, '--retention-period', period(3650));
  assert.equal(await refusal(long), 'ValidationException');
});

test('boto3 tags a rule by its ARN, deletes it, and knows the exceptions', async () => {
  const script = `
import boto3, sys
rbin = boto3.client('rbin', endpoint_url=sys.argv[1])
days = {'RetentionPeriodValue': 1, 'RetentionPeriodUnit': 'DAYS'}
kept = [{'ResourceTagKey': 'env', 'ResourceTagValue': 'prod'}]
rule = rbin.create_rule(ResourceType='EC2_IMAGE', RetentionPeriod=days, ResourceTags=kept)
account = boto3.client('sts', endpoint_url=sys.argv[1]).get_caller_identity()['Account']
arn = 'arn:aws:rbin:us-east-1:%s:rule/%s' % (account, rule['Identifier'])
rbin.tag_resource(ResourceArn=arn, Tags=[{'Key': 'a', 'Value': '1'}, {'Key': 'b', 'Value': '2'}])
rbin.untag_resource(ResourceArn=arn, TagKeys=['a', 'c'])
print(rbin.list_tags_for_resource(ResourceArn=arn)['Tags'])
print(rbin.get_rule(Identifier=rule['Identifier'])['ResourceTags'])
rbin.delete_rule(Identifier=rule['Identifier'])
try: rbin.delete_rule(Identifier=rule['Identifier'])
except rbin.exceptions.ResourceNotFoundException as error: print(error.response['Reason'])
pages = rbin.get_paginator('list_rules').paginate(ResourceType='EC2_IMAGE')
print(sum((page['Rules'] for page in pages), []))
`;
  const printed = await debianClient(imago, 'python3', ['-c', script, imago.endpoint]);
  assert.deepEqual(printed.trim().split('\n'), [
    "[{'Key': 'b', 'Value': '2'}]",
    "[{'ResourceTagKey': 'env', 'ResourceTagValue': 'prod'}]",
    'RULE_NOT_FOUND',
    '[]',
  ]);
});

test('an image and its snapshot are thrown away and taken back by aws-cli', async () => {
  const ec2 = async <Answer = string>(action: string, ...words: string[]) =>
    (await aws(imago, 'ec2', action, ...words)) as Answer;
  const period = ['--retention-period', 'RetentionPeriodValue=3,RetentionPeriodUnit=DAYS'];
  await aws(imago, 'rbin', 'create-rule', '--resource-type', 'EC2_IMAGE', ...period);
  const provided = await ec2(
    'describe-images',
    '--owners',
    'amazon',
    '--query',
    'Images[0].ImageId',
  );
  const launch = ['--image-id', provided, '--instance-type', 't3.nano'];
  const instanceId = await ec2('run-instances', ...launch, '--query', 'Instances[0].InstanceId');
  await ec2('wait', 'instance-running', '--instance-ids', instanceId);
  const name = ['--name', 'to be thrown away', '--query', 'ImageId'];
  const imageId = await ec2('create-image', '--instance-id', instanceId, ...name);
  await ec2('wait', 'image-available', '--image-ids', imageId);
  const mapped = 'Images[0].BlockDeviceMappings[0].Ebs.SnapshotId';
  const image = ['--image-id', imageId];
  const snapshotId = await ec2('describe-images', '--image-ids', imageId, '--query', mapped);
  await ec2('deregister-image', ...image);
  await ec2('delete-snapshot', '--snapshot-id', snapshotId);
  const images = await ec2('list-images-in-recycle-bin', '--query', 'Images[].ImageId');
  assert.deepEqual(images, [imageId]);
  const snapshots = ['--query', 'Snapshots[].SnapshotId'];
  assert.deepEqual(await ec2('list-snapshots-in-recycle-bin', ...snapshots), [snapshotId]);
  const early = ec2('restore-image-from-recycle-bin', ...image);
  assert.match(await early.then(String, (error) => error.stderr), /InvalidSnapshot.NotFound/);
  await ec2('restore-snapshot-from-recycle-bin', '--snapshot-id', snapshotId);
  await ec2('restore-image-from-recycle-bin', ...image);
  const again = ['--image-id', imageId, '--instance-type', 't3.nano'];
  const second = await ec2('run-instances', ...again, '--query', 'Instances[0].ImageId');
  assert.equal(second, imageId);
});
