import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError } from '../../api/client.ts';
import { planFieldOf, selectionFieldOf } from './field-of.ts';
import { countedVerdicts, endOf, type Plan, type Selection, type Test } from './plan.ts';
import {
  createPlanOf,
  createSelectionOf,
  newPlan,
  newSelection,
  planWanted,
  selectionWanted,
  updatePlanOf,
  updateSelectionOf,
} from './wanted.ts';

const place = { region: 'us-east-1', account: '123456789012' };
const elsewhere = 'arn:aws:ec2:eu-west-1:123456789012:instance/i-1';

test('a plan goes through the form as it is; vaults here are called by their names', () => {
  const asked = createPlanOf(
    { ...newPlan('Europe/Vienna'), name: 'nightly', include: 'mine\n*:other\n', exclude: '*' },
    place,
  ).RestoreTestingPlan;
  const points = asked.RecoveryPointSelection;
  const mine = 'arn:aws:backup:us-east-1:123456789012:backup-vault:mine';
  assert.deepEqual(points.IncludeVaults, [mine, '*:other']);
  assert.deepEqual(points.ExcludeVaults, ['*']);
  assert.equal(asked.ScheduleExpression, 'cron(0 5 * * ? *)');
  const told: Plan = { ...asked, RestoreTestingPlanArn: 'arn', CreationTime: '' };
  const wanted = planWanted(told, place);
  assert.equal(wanted.include, 'mine\n*:other');
  const { RestoreTestingPlanName: _, ...same } = asked;
  assert.deepEqual(updatePlanOf(wanted, place).RestoreTestingPlan, same);
  // As AWS has it of what is daily, with the ? at its other place.
  const daily = planWanted({ ...told, ScheduleExpression: 'cron(5 0 ? * * *)' }, place);
  assert.deepEqual([daily.isDaily, daily.time], [true, '00:05']);
  const rare = planWanted({ ...told, ScheduleExpression: 'cron(0 5 ? * 1 *)' }, place);
  assert.equal(
    updatePlanOf(rare, place).RestoreTestingPlan.ScheduleExpression,
    'cron(0 5 ? * 1 *)',
  );
});

test('a selection goes through the form as it is, of each kind', () => {
  const common = { name: 'some', looks: '', hours: '3' };
  const kinds = [
    { ...newSelection, ...common },
    { ...newSelection, ...common, which: 'named' as const, ids: `i-1\n${elsewhere}` },
    { ...newSelection, ...common, which: 'tagged' as const, has: 'a=b', hasNot: 'c=\nd=e' },
  ];
  const looks = { InstanceType: 't3.nano', Checks: [{ Port: 22 }] };
  for (const wanted of kinds) {
    const asked = createSelectionOf('nightly', wanted, place, looks).RestoreTestingSelection;
    const told: Selection = { ...asked, RestoreTestingPlanName: 'nightly', CreationTime: '' };
    const shown = selectionWanted(told, place, (each) => JSON.stringify(each));
    assert.deepEqual(shown, { ...wanted, looks: JSON.stringify(looks) });
    const update = updateSelectionOf('nightly', shown, place, looks).RestoreTestingSelection;
    const { RestoreTestingSelectionName: _, ProtectedResourceType: __, ...rest } = asked;
    const { IamRoleArn: ___, ...same } = rest;
    assert.deepEqual(update, same);
  }
  const other = { ConsoleText: 'ready' };
  assert.throws(() => createSelectionOf('nightly', newSelection, place, other));
});

test('verdicts of a run are counted, the worst first', () => {
  const of = (Status: string, ValidationStatus?: string): Test =>
    ({ Status, ValidationStatus }) as Test;
  const tests = [
    of('COMPLETED', 'SUCCESSFUL'),
    of('RUNNING'),
    of('FAILED'),
    of('COMPLETED', 'FAILED'),
  ];
  assert.deepEqual(countedVerdicts([...tests, of('COMPLETED', 'SUCCESSFUL')]), [
    ['failed', 1],
    ['error', 1],
    ['running', 1],
    ['passed', 2],
  ]);
  assert.deepEqual([elsewhere, 'arn:aws:backup:r:1:backup-vault:mine'].map(endOf), ['i-1', 'mine']);
});

test('the words of a refusal say which field it is about', () => {
  const said = (message: string) => new ApiError('InvalidParameterValueException', message);
  const ofPlan = (message: string) => planFieldOf(said(message));
  assert.equal(ofPlan("The name 'a b' does not match ^\\w{1,50}$."), 'name');
  assert.equal(ofPlan('Restore testing plan nightly already exists.'), 'name');
  assert.equal(ofPlan('It is a cron(…).'), 'when');
  assert.equal(ofPlan("'Vienna' is no time zone."), 'when');
  assert.equal(ofPlan('StartWindowHours is a whole number from 1 to 168.'), 'window');
  assert.equal(ofPlan('SelectionWindowDays is a whole number from 1 to 365.'), 'points');
  assert.equal(ofPlan("'x' is neither * nor the ARN of a vault."), 'vaults');
  assert.equal(ofPlan('Something else.'), undefined);
  const ofSelection = (message: string) => selectionFieldOf(said(message));
  assert.equal(ofSelection('Restore testing selection machines already exists.'), 'name');
  assert.equal(ofSelection('Give ProtectedResourceArns or ProtectedResourceConditions.'), 'which');
  assert.equal(ofSelection("Invalid ResourceArn: 'x' is of no EC2 instance."), 'which');
  assert.equal(ofSelection('ValidationWindowHours is a whole number from 0 to 168.'), 'hours');
  assert.equal(ofSelection('The exit code of check 1 is from 0 to 255.'), 'looks');
  assert.equal(selectionFieldOf(new Error('Line 2: no')), 'looks');
});
