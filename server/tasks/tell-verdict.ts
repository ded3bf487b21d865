/** Tells the operator that a customer found a backup wanting that Imago found good. */
import { type DrillInput, tellVerdictKind } from '../domain/drills/drills.ts';
import { alertOf } from './drill/alert.ts';
import { defineTask } from './task.ts';

export const tellVerdict = defineTask<DrillInput, { alert: null }>({
  kind: tellVerdictKind,
  steps: [
    {
      name: 'alert',
      async run(context) {
        await alertOf(context, context.input.drillId);
        return null;
      },
    },
  ],
  // Nothing waits for it, and nothing is undone.
  async failed() {},
});
