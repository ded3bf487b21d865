/** A drill of an image or a snapshot is begun; what it is to look at is typed as YAML. */
import { useState } from 'preact/hooks';
import { useChange } from '../api/queries.ts';
import { go, href } from '../route.ts';
import { drillDialogText as text } from '../text/drills.ts';
import { ActionDialog } from './action-dialog.tsx';
import { ChecksField } from './checks-field.tsx';
import { drillCommand } from './drill-command.ts';

export function DrillDialog({ id, onClose }: { id: string; onClose(): void }) {
  const [checks, setChecks] = useState('');
  const start = useChange('imago', 'StartDrill');
  const isSnapshot = id.startsWith('snap-');
  const run = async () => {
    const { readChecks } = await import('./drill-checks.ts');
    const tried = isSnapshot ? { SnapshotId: id } : { ImageId: id };
    const { DrillId } = await start.mutateAsync({ ...tried, ...readChecks(checks) });
    go(href(['drills', DrillId]));
  };
  return (
    <ActionDialog
      title={text.title(id)}
      action={text.begin}
      wide
      command={drillCommand(id, checks)}
      run={run}
      onClose={onClose}
    >
      <p>{isSnapshot ? text.meansOfSnapshot : text.means}</p>
      <ChecksField value={checks} hint={text.hint} onText={setChecks} />
    </ActionDialog>
  );
}
