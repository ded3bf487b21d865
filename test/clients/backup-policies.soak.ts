/**
 * Backup policies by the clients that Debian has, aws-cli and boto3, and by the real clock: a
 * backup is made within a minute. On simulated machines.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DescribeImagesCommand, RunInstancesCommand } from '@aws-sdk/client-ec2';
import { aws } from '../support/aws-cli.ts';
import { debianClient } from '../support/debian-client.ts';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { providerImage } from '../support/launch.ts';

let imago: ImagoProcess;
before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'simulated', home: await homeWith('micro') });
});
after(() => imago?.dispose());

const role = 'arn:aws:iam::123456789012:role/dlm';

test('aws-cli makes a policy whose backup is there at its time', async () => {
  const dlm = async <Answer = string>(action: string, ...words: string[]) =>
    (await aws(imago, 'dlm', action, ...words)) as Answer;
  const { ImageId } = await providerImage(imago.ec2(), 'imago-micro-*');
  const Tags = [{ Key: 'backup', Value: 'yes' }];
  const TagSpecifications = [{ ResourceType: 'instance' as const, Tags }];
  const asked = { ImageId, MinCount: 1, MaxCount: 1, TagSpecifications };
  const { Instances = [] } = await imago.ec2().send(new RunInstancesCommand(asked));
  const details = {
    PolicyType: 'IMAGE_MANAGEMENT',
    ResourceTypes: ['INSTANCE'],
    TargetTags: Tags,
    Schedules: [
      {
        Name: 'Often',
        CreateRule: { CronExpression: 'cron(* * * * ? *)' },
        RetainRule: { Count: 1 },
        CopyTags: true,
      },
    ],
  };
  const { PolicyId: id } = await dlm<{ PolicyId: string }>(
    'create-lifecycle-policy',
    ...['--description', 'Often', '--state', 'ENABLED', '--execution-role-arn', role],
    ...['--policy-details', JSON.stringify(details), '--tags', 'team=web'],
  );
  const one = ['--policy-id', id, '--query'];
  assert.equal(await dlm('get-lifecycle-policy', ...one, 'Policy.State'), 'ENABLED');
  const name = 'Policy.PolicyDetails.Schedules[0].Name';
  assert.equal(await dlm('get-lifecycle-policy', ...one, name), 'Often');
  const Filters = [
    { Name: 'tag:aws:dlm:lifecycle-policy-id', Values: [id] },
    { Name: 'state', Values: ['available'] },
  ];
  const backups = async () => {
    const found = await imago.ec2().send(new DescribeImagesCommand({ Filters }));
    return found.Images ?? [];
  };
  let made = await backups();
  while (made.length === 0) made = await backups();
  assert.deepEqual(
    made.map(({ SourceInstanceId }) => SourceInstanceId),
    [Instances[0]?.InstanceId],
  );
  await dlm('update-lifecycle-policy', '--policy-id', id, '--state', 'DISABLED');
  assert.equal(await dlm('get-lifecycle-policy', ...one, 'Policy.State'), 'DISABLED');
  await dlm('delete-lifecycle-policy', '--policy-id', id);
  assert.deepEqual(await dlm('get-lifecycle-policies', '--query', 'Policies'), []);
});

test('boto3 makes, tags and finds policies, and knows the exceptions', async () => {
  const script = `
import boto3, sys
dlm = boto3.client('dlm', endpoint_url=sys.argv[1])
role = 'arn:aws:iam::123456789012:role/dlm'
details = {'ResourceTypes': ['VOLUME'], 'TargetTags': [{'Key': 'a', 'Value': 'b'}],
  'Schedules': [{'CreateRule': {'Interval': 12, 'IntervalUnit': 'HOURS', 'Times': ['03:00']},
    'RetainRule': {'Interval': 2, 'IntervalUnit': 'WEEKS'}}]}
said = dict(ExecutionRoleArn=role, Description='Volumes', State='ENABLED', PolicyDetails=details)
id = dlm.create_lifecycle_policy(**said)['PolicyId']
policy = dlm.get_lifecycle_policy(PolicyId=id)['Policy']
print(policy['PolicyDetails']['PolicyType'], policy['DateCreated'].tzinfo is not None)
dlm.tag_resource(ResourceArn=policy['PolicyArn'], Tags={'x': '1', 'y': '2'})
dlm.untag_resource(ResourceArn=policy['PolicyArn'], TagKeys=['x'])
print(dlm.list_tags_for_resource(ResourceArn=policy['PolicyArn'])['Tags'])
print(len(dlm.get_lifecycle_policies(ResourceTypes=['VOLUME'])['Policies']))
try: dlm.create_lifecycle_policy(**dict(said, PolicyDetails=dict(details, TargetTags=[])))
except dlm.exceptions.InvalidRequestException: print('invalid')
except Exception as error: print(type(error).__name__)
dlm.delete_lifecycle_policy(PolicyId=id)
try: dlm.get_lifecycle_policy(PolicyId=id)
except dlm.exceptions.ResourceNotFoundException: print('gone')
`;
  const printed = await debianClient(imago, 'python3', ['-c', script, imago.endpoint]);
  const lines = printed.trim().split('\n');
  // The client refuses an empty list by itself.
  assert.match(lines.splice(3, 1)[0] ?? '', /^(invalid|ParamValidationError)$/);
  assert.deepEqual(lines, ['EBS_SNAPSHOT_MANAGEMENT True', "{'y': '2'}", '1', 'gone']);
});
