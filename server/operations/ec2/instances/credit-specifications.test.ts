import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { insertProviderImage } from '../../test-images.ts';
import { launched, moveInstance, runImage } from '../../test-instances.ts';
import { describeInstanceCreditSpecifications } from './DescribeInstanceCreditSpecifications.ts';
import { modifyInstanceCreditSpecification } from './ModifyInstanceCreditSpecification.ts';

let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
});
afterEach(() => context[Symbol.asyncDispose]());

async function launch(InstanceType: string): Promise<string> {
  const image = await insertProviderImage(context);
  return launched(await runImage(context, image, { InstanceType })).InstanceId;
}

async function modify(credits: Record<string, string>, ClientToken?: string) {
  const InstanceCreditSpecifications = Object.entries(credits).map(([InstanceId, CpuCredits]) => ({
    InstanceId,
    CpuCredits,
  }));
  const answer = await modifyInstanceCreditSpecification.run(
    { InstanceCreditSpecifications, ClientToken },
    context,
  );
  return {
    good: answer.SuccessfulInstanceCreditSpecifications?.map((each) => each.InstanceId),
    bad: answer.UnsuccessfulInstanceCreditSpecifications?.map((each) => each.Error?.Code),
  };
}

async function credits(id: string) {
  const answer = await describeInstanceCreditSpecifications.run({ InstanceIds: [id] }, context);
  return answer.InstanceCreditSpecifications?.[0]?.CpuCredits;
}

test('credits are changed one by one; what cannot be is told beside what was', async () => {
  const [burstable, steady, gone] = [
    await launch('t3.nano'),
    await launch('m5.large'),
    await launch('t3.nano'),
  ];
  await moveInstance(context, gone, { state: 'terminated' });
  const wanted = {
    [burstable]: 'standard',
    [steady]: 'standard',
    [gone]: 'standard',
    'i-00000000': 'standard',
    box: 'standard',
  };
  assert.deepEqual(await modify(wanted), {
    good: [burstable],
    bad: [
      'InstanceCreditSpecification.NotSupported',
      'IncorrectInstanceState',
      'InvalidInstanceID.NotFound',
      'InvalidInstanceID.Malformed',
    ],
  });
  assert.equal(await credits(burstable), 'standard');
  await assert.rejects(modify({ [burstable]: 'endless' }), { code: 'InvalidParameterValue' });
  assert.equal(await credits(burstable), 'standard');
});

test('a client token changes them once', async () => {
  const id = await launch('t3.nano');
  await modify({ [id]: 'standard' }, 'once');
  await modify({ [id]: 'unlimited' });
  assert.deepEqual(await modify({ [id]: 'standard' }, 'once'), { good: [id], bad: [] });
  assert.equal(await credits(id), 'unlimited');
  await assert.rejects(modify({ [id]: 'unlimited' }, 'once'), {
    code: 'IdempotentParameterMismatch',
  });
});
