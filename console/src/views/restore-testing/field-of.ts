/** Which part of the form of a plan, or of a selection, a refusal of the API is about. */
import { ApiError } from '../../api/client.ts';

export type PlanField = 'name' | 'when' | 'window' | 'points' | 'vaults';
export type SelectionField = 'name' | 'which' | 'looks' | 'hours';

/** The first that matches. */
const ofPlan: readonly [RegExp, PlanField][] = [
  [/^The name '|\bplan \S+ already exists|\bRestoreTestingPlanName\b/, 'name'],
  [/^The schedule '|^It is a cron\(|is no time zone|\bScheduleExpression/, 'when'],
  [/\bStartWindowHours\b/, 'window'],
  [/\b(Algorithm|SelectionWindowDays|RecoveryPointTypes)\b/, 'points'],
  [/[Vv]ault/, 'vaults'],
];
const ofSelection: readonly [RegExp, SelectionField][] = [
  [/^The name '|\bselection \S+ already exists|\bRestoreTestingSelectionName\b/, 'name'],
  [/\b(ProtectedResource|ResourceArn)/, 'which'],
  [/\bValidationWindowHours\b/, 'hours'],
  [/\bRestoreMetadataOverrides\b|imago:checks|\bchecks?\b|[Ii]nstance ?[Tt]ype/i, 'looks'],
];

function of<Name>(error: unknown, fields: readonly [RegExp, Name][]): Name | undefined {
  if (!(error instanceof ApiError) || error.code === 'Unreachable') return undefined;
  return fields.find(([pattern]) => pattern.test(error.message))?.[1];
}

export const planFieldOf = (error: unknown) => of(error, ofPlan);

/** What is wrong in the text of checks is known before anything is asked. */
export function selectionFieldOf(error: unknown): SelectionField | undefined {
  if (error instanceof Error && !(error instanceof ApiError)) return 'looks';
  return of(error, ofSelection);
}
