/** ExportImage: the steps are export-steps.ts's. */
import { type ExportImageInput, endExport } from '../domain/exports.ts';
import {
  leaveNothing,
  publishDisks,
  removeParts,
  withdrawDisks,
  writeDisks,
} from './export-steps.ts';
import { defineTask } from './task.ts';

interface Outputs {
  write: null;
  publish: null;
}

export const exportImage = defineTask<ExportImageInput, Outputs>({
  kind: 'export-image',
  steps: [
    { name: 'write', run: writeDisks, undo: removeParts },
    { name: 'publish', run: publishDisks, undo: withdrawDisks },
  ],
  async failed(context, reason) {
    const { input, services } = context;
    await services.catalog.write((transaction) => endExport(transaction, input.exportId, reason));
    await leaveNothing(context);
  },
});
