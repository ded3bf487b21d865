/** Restore testing plans and their tests as the API tells of them, in words. */
import type { Output } from '../../api/wire.ts';
import type { Tone } from '../../parts/mark.tsx';
import { testingPlansText as text } from '../../text/restore-testing.ts';

export type ListedPlan = Output<'backup', 'ListRestoreTestingPlans'>['RestoreTestingPlans'][number];
export type Plan = Output<'backup', 'GetRestoreTestingPlan'>['RestoreTestingPlan'];
export type Selection = Output<'backup', 'GetRestoreTestingSelection'>['RestoreTestingSelection'];
export type Test = NonNullable<Output<'backup', 'ListRestoreJobs'>['RestoreJobs']>[number];

export type Verdict = keyof typeof text.verdicts;

/** The worst first. */
export const verdicts = Object.keys({
  ...{ failed: 0, error: 0, late: 0, validating: 0, running: 0, passed: 0 },
} satisfies Record<Verdict, 0>) as Verdict[];

export const tones: Record<Verdict, Tone> = {
  ...{ passed: 'good', failed: 'bad', error: 'bad' },
  ...{ running: 'busy', validating: 'busy', late: 'quiet' },
};

/** A test that has no validation was ended, or could not be done. */
export function verdictOf({ Status, ValidationStatus }: Test): Verdict {
  if (Status === 'RUNNING' || Status === 'PENDING') return 'running';
  if (ValidationStatus === 'SUCCESSFUL') return 'passed';
  if (ValidationStatus === 'FAILED') return 'failed';
  if (ValidationStatus === 'VALIDATING') return 'validating';
  return ValidationStatus === 'TIMED_OUT' ? 'late' : 'error';
}

/** How many of each there are, the worst first. */
export function countedVerdicts(tests: readonly Test[]): [Verdict, number][] {
  const all = tests.map(verdictOf);
  return verdicts.flatMap((verdict): [Verdict, number][] => {
    const many = all.filter((each) => each === verdict).length;
    return many > 0 ? [[verdict, many]] : [];
  });
}

/** The last part of an ARN: an id, or the name of a vault. */
export const endOf = (arn = '') =>
  arn.slice(Math.max(arn.lastIndexOf('/'), arn.lastIndexOf(':')) + 1);

export function vaultWords({
  IncludeVaults = [],
  ExcludeVaults = [],
}: Plan['RecoveryPointSelection']) {
  const named = (all: readonly string[]) =>
    all.map((each) => (each === '*' ? text.allVaults : endOf(each))).join(', ');
  return [
    named(IncludeVaults),
    ...(ExcludeVaults.length > 0 ? [text.without(named(ExcludeVaults))] : []),
  ].join(', ');
}
