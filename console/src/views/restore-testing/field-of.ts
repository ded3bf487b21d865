/** Which part of the form of a plan, or of a selection, a refusal of the API is about. */
import { ApiError } from '../../api/client.ts';
import { type FieldsByWords, fieldRefused } from '../../parts/field-refused.ts';

export type PlanField = 'name' | 'when' | 'window' | 'points' | 'vaults';
export type SelectionField = 'name' | 'which' | 'looks' | 'hours';

const ofPlan: FieldsByWords<PlanField> = [
  [/^The name '|\bplan \S+ already exists|\bRestoreTestingPlanName\b/, 'name'],
  [/^The schedule '|^It is a cron\(|is no time zone|\bScheduleExpression/, 'when'],
  [/\bStartWindowHours\b/, 'window'],
  [/\b(Algorithm|SelectionWindowDays|RecoveryPointTypes)\b/, 'points'],
  [/[Vv]ault/, 'vaults'],
];
const ofSelection: FieldsByWords<SelectionField> = [
  [/^The name '|\bselection \S+ already exists|\bRestoreTestingSelectionName\b/, 'name'],
  [/\b(ProtectedResource|ResourceArn)/, 'which'],
  [/\bValidationWindowHours\b/, 'hours'],
  [/\bRestoreMetadataOverrides\b|imago:checks|\bchecks?\b|[Ii]nstance ?[Tt]ype/i, 'looks'],
];

export const planFieldOf = (error: unknown) => fieldRefused(error, ofPlan);

/** What is wrong in the text of checks is known before anything is asked. */
export function selectionFieldOf(error: unknown): SelectionField | undefined {
  if (error instanceof Error && !(error instanceof ApiError)) return 'looks';
  return fieldRefused(error, ofSelection);
}
