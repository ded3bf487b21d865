/** The end of a plan. AWS Backup deletes none that has selections: they go first. */
import { useAction, useChange } from '../../api/queries.ts';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { awsCli } from '../../parts/aws-cli.ts';
import { testingPlansText as text } from '../../text/restore-testing.ts';

interface Props {
  name: string;
  onDeleted?: () => void;
  onClose(): void;
}

export function DeletePlan({ name, onDeleted, onClose }: Props) {
  const plan = { RestoreTestingPlanName: name };
  const asking = { tables: ['restoreTestingPlans'] } as const;
  const { data } = useAction('backup', 'ListRestoreTestingSelections', plan, asking);
  const removeSelection = useChange('backup', 'DeleteRestoreTestingSelection');
  const remove = useChange('backup', 'DeleteRestoreTestingPlan');
  const selections = (data?.RestoreTestingSelections ?? []).map(
    ({ RestoreTestingSelectionName }) => ({ ...plan, RestoreTestingSelectionName }),
  );
  const run = async () => {
    for (const each of selections) await removeSelection.mutateAsync(each);
    await remove.mutateAsync(plan);
    onDeleted?.();
  };
  const commands = [
    ...selections.map((each) => awsCli('backup', 'DeleteRestoreTestingSelection', each)),
    awsCli('backup', 'DeleteRestoreTestingPlan', plan),
  ];
  return (
    <ActionDialog
      title={text.deleteTitle(name)}
      action={text.deleteNow}
      isDangerous
      command={commands.join('\n')}
      run={run}
      onClose={onClose}
    >
      <p>{text.deleteMeans}</p>
    </ActionDialog>
  );
}
