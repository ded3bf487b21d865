/** A drill of an image or a snapshot is begun. */
import type { DrillLooks } from '../../../api/imago-drill-checks.ts';
import { useChange } from '../api/queries.ts';
import { go, href } from '../route.ts';
import { drillDialogText as text } from '../text/drills.ts';
import { ChecksDialog } from './checks-dialog.tsx';
import { drillCommand } from './drill-command.ts';

export function DrillDialog({ id, onClose }: { id: string; onClose(): void }) {
  const start = useChange('imago', 'StartDrill');
  const isSnapshot = id.startsWith('snap-');
  const run = async (looks: DrillLooks) => {
    const tried = isSnapshot ? { SnapshotId: id } : { ImageId: id };
    const { DrillId } = await start.mutateAsync({ ...tried, ...looks });
    go(href(['drills', DrillId]));
  };
  return (
    <ChecksDialog
      title={text.title(id)}
      means={isSnapshot ? text.meansOfSnapshot : text.means}
      action={text.begin}
      hint={text.hint}
      command={(checks) => drillCommand(id, checks)}
      {...{ run, onClose }}
    />
  );
}
