/** The checks of a drill as a person types them: the YAML that `imago drill --checks` reads. */
import { parseDocument, stringify } from 'yaml';
import { DrillTextError, drillAsText, readDrillText } from '../../../api/drill-text.ts';
import type { DrillLooks } from '../../../api/imago-drill-checks.ts';
import { checksFieldText as text } from '../text/drills.ts';

/** As `readChecks` takes it. */
export const checksAsText = (looks: DrillLooks) => drillAsText(looks, stringify).trimEnd();

/** Throws what is wrong, with its line. */
export function readChecks(typed: string): DrillLooks {
  try {
    return readDrillText(typed, { parseDocument });
  } catch (error) {
    if (!(error instanceof DrillTextError)) throw error;
    throw new Error(text.wrong(error.line, error.message));
  }
}
