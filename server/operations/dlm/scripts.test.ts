/**
 * Scripts of policies as they are asked for, answered and refused; what they do is
 * backup-scripts.test.ts's.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDocument } from '../ssm/CreateDocument.ts';
import { makePolicy, policyDetails } from '../test-backup-policies.ts';
import { createTestContext } from '../test-context.ts';
import { makeDocument, testDocument } from '../test-documents.ts';
import { getLifecyclePolicy } from './GetLifecyclePolicy.ts';
import { updateLifecyclePolicy } from './UpdateLifecyclePolicy.ts';

const ofSnapshots = { PolicyType: 'EBS_SNAPSHOT_MANAGEMENT' };

function withScripts(Scripts: object[], details: object = ofSnapshots) {
  const CreateRule = { Interval: 24, IntervalUnit: 'HOURS', Times: ['03:00'], Scripts };
  return policyDetails({ CreateRule }, details);
}

test('scripts are answered as they were said, with what is usual', async () => {
  await using context = await createTestContext();
  await makeDocument(context, 'hold');
  const scriptsOf = async (PolicyId: string) =>
    (await getLifecyclePolicy.run({ PolicyId }, context)).Policy?.PolicyDetails?.Schedules?.[0]
      ?.CreateRule?.Scripts;
  const usual = {
    Stages: ['PRE', 'POST'],
    ExecutionHandlerService: 'AWS_SYSTEMS_MANAGER',
    ExecutionHandler: 'hold',
    ExecuteOperationOnScriptFailure: true,
    ExecutionTimeout: 10,
    MaximumRetryCount: 0,
  };
  const PolicyId = await makePolicy(context, withScripts([{ ExecutionHandler: 'hold' }]));
  assert.deepEqual(await scriptsOf(PolicyId), [usual]);
  const { account, region } = context.caller;
  const said = {
    ...usual,
    ExecutionHandler: `arn:aws:ssm:${region}:${account}:document/hold`,
    ExecuteOperationOnScriptFailure: false,
    ExecutionTimeout: 120,
    MaximumRetryCount: 3,
  };
  const all = await makePolicy(context, withScripts([said]));
  assert.deepEqual(await scriptsOf(all), [said]);
  const post = [{ ExecutionHandler: 'hold', Stages: ['POST'] }];
  await updateLifecyclePolicy.run({ PolicyId, PolicyDetails: withScripts(post) }, context);
  const { ExecuteOperationOnScriptFailure: _, ...ofPost } = { ...usual, Stages: ['POST'] };
  assert.deepEqual(await scriptsOf(PolicyId), [ofPost]);
});

test('what could not be run is refused', async () => {
  await using context = await createTestContext();
  await makeDocument(context, 'hold');
  const mute = JSON.parse(testDocument('true'));
  const Content = JSON.stringify({ ...mute, parameters: {} });
  await createDocument.run({ Name: 'mute', Content }, context);
  const refusal = (why: RegExp, script: object, details?: object) =>
    assert.rejects(
      makePolicy(context, withScripts([{ ExecutionHandler: 'hold', ...script }], details)),
      (error: Error & { code: string }) =>
        error.code === 'InvalidRequestException' && why.test(error.message),
    );
  await refusal(/does not exist/, { ExecutionHandler: 'none' });
  const others = 'arn:aws:ssm:us-east-1:999999999999:document/hold';
  await refusal(/does not exist/, { ExecutionHandler: others });
  await refusal(/there is no 'command'/, { ExecutionHandler: 'mute' });
  await refusal(/AWS_VSS_BACKUP/, { ExecutionHandler: 'AWS_VSS_BACKUP' });
  await refusal(/not the name/, { ExecutionHandler: 'a b' });
  await refusal(/Stages/, { Stages: [] });
  await refusal(/Stages/, { Stages: ['PRE', 'PRE'] });
  await refusal(/from 1 to 120/, { ExecutionTimeout: 121 });
  await refusal(/from 0 to 3/, { MaximumRetryCount: 4 });
  await refusal(/stage PRE/, { Stages: ['POST'], ExecuteOperationOnScriptFailure: true });
  await refusal(/snapshots of instances/, {}, { ...ofSnapshots, ResourceTypes: ['VOLUME'] });
  await refusal(/snapshots of instances/, {}, {});
  const two = withScripts([{ ExecutionHandler: 'hold' }, { ExecutionHandler: 'hold' }]);
  await assert.rejects(makePolicy(context, two), /at most one/);
  const PolicyId = await makePolicy(context, withScripts([{ ExecutionHandler: 'hold' }]));
  const PolicyDetails = withScripts([{ ExecutionHandler: 'none' }]);
  await assert.rejects(updateLifecyclePolicy.run({ PolicyId, PolicyDetails }, context), {
    code: 'InvalidRequestException',
  });
});
