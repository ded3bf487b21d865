/** DisableFastSnapshotRestores: nobody asks for the plain base any more, and it may make way. */
import { disableKind, type FastRestoreInput } from '../domain/fast-restores.ts';
import { changeRestore, releaseUnwanted } from './enable-fast-restore.ts';
import { defineTask } from './task.ts';

interface Outputs {
  release: null;
  finish: null;
}

export const disableFastRestore = defineTask<FastRestoreInput, Outputs>({
  kind: disableKind,
  steps: [
    {
      name: 'release',
      async run(context) {
        await releaseUnwanted(context);
        return null;
      },
    },
    {
      name: 'finish',
      run: (context) =>
        changeRestore(context, (row, at) =>
          row.state === 'disabling' ? { state: 'disabled', disabledAt: at } : undefined,
        ),
    },
  ],
  /** What was not released is released by a later look (fast-restore-rounds.ts). */
  async failed(context) {
    await changeRestore(context, (row, at) =>
      row.state === 'disabling' ? { state: 'disabled', disabledAt: at } : undefined,
    );
  },
});
