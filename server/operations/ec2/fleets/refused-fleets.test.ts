/** Which kinds of fleets are refused by name, and what says no more than EC2's defaults. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ec2Model } from '../../../../api/generated/ec2.ts';
import { AcceptedInput } from '../../../http/accepted-input.ts';
import { createFleet } from './CreateFleet.ts';

test('fleets that are kept up, of spot instances or within a price are refused by name', () => {
  const accepted = new AcceptedInput(ec2Model, 'CreateFleet', createFleet);
  const of = (path: string, value: unknown) =>
    path.split('.').reduceRight<unknown>((inner, name) => {
      const isList = name === 'LaunchTemplateConfigs' || name === 'Overrides';
      return { [name]: isList ? [inner] : inner };
    }, value) as object;
  const refused: [path: string, value: unknown][] = [
    ['Type', 'maintain'],
    ['Type', 'request'],
    ['SpotOptions.AllocationStrategy', 'diversified'],
    ['SpotOptions.MaintenanceStrategies', { CapacityRebalance: { TerminationDelay: 120 } }],
    ['ExcessCapacityTerminationPolicy', 'no-termination'],
    ['LaunchTemplateConfigs.Overrides.Placement.Tenancy', 'dedicated'],
    ['TargetCapacitySpecification.DefaultTargetCapacityType', 'spot'],
    ['TargetCapacitySpecification.SpotTargetCapacity', 1],
    ['OnDemandOptions.MaxTotalPrice', '1'],
    ['LaunchTemplateConfigs.Overrides.MaxPrice', '1'],
    ['LaunchTemplateConfigs.Overrides.InstanceRequirements', { VCpuCount: { Min: 1 } }],
    ['ReplaceUnhealthyInstances', true],
  ];
  for (const [path, value] of refused) {
    assert.throws(
      () => accepted.check(of(path, value)),
      ({ code, message }) => code === 'UnsupportedOperation' && message.includes(path),
    );
  }
  const taken: [path: string, value: unknown][] = [
    ['SpotOptions', { AllocationStrategy: 'lowest-price', InstancePoolsToUseCount: 1 }],
    ['SpotOptions', { InstanceInterruptionBehavior: 'terminate', SingleInstanceType: false }],
    ['ExcessCapacityTerminationPolicy', 'termination'],
    ['LaunchTemplateConfigs.Overrides.Placement', { Tenancy: 'default', GroupName: '' }],
  ];
  for (const [path, value] of taken) accepted.check(of(path, value));
});
