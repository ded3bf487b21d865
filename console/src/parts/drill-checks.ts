/** The checks of a drill as a person types them: the YAML that `imago drill --checks` reads. */
import { parseDocument } from 'yaml';
import { DrillTextError, readDrillText } from '../../../api/drill-text.ts';
import type { DrillLooks } from '../../../api/imago-drill-checks.ts';
import { drillDialogText as text } from '../text/drills.ts';

/** Throws what is wrong, with its line. */
export function readChecks(typed: string): DrillLooks {
  try {
    return readDrillText(typed, { parseDocument });
  } catch (error) {
    if (!(error instanceof DrillTextError)) throw error;
    throw new Error(text.wrong(error.line, error.message));
  }
}
