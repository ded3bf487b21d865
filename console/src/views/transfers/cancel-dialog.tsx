/** Ends an import or an export that is under way. */
import { useQueryClient } from '@tanstack/preact-query';
import { useSession } from '../../api/session.tsx';
import { becomeStale } from '../../api/stale.ts';
import { uploads } from '../../api/uploads.ts';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { awsCli } from '../../parts/aws-cli.ts';
import { transfersText as text } from '../../text/transfers.ts';

export function CancelDialog({ id, onClose }: { id: string; onClose(): void }) {
  const { client, scope } = useSession();
  const queries = useQueryClient();
  const isImport = id.startsWith('import-');
  const run = async () => {
    if (isImport) await uploads.cancel(client, id);
    else await client.call('ec2', 'CancelExportTask', { ExportTaskId: id });
    await becomeStale(queries, { queryKey: [scope] });
  };
  const command = isImport
    ? awsCli('ec2', 'CancelImportTask', { ImportTaskId: id })
    : awsCli('ec2', 'CancelExportTask', { ExportTaskId: id });
  return (
    <ActionDialog
      title={text.cancelTitle(id)}
      action={text.cancelNow}
      isDangerous
      command={command}
      run={run}
      onClose={onClose}
    >
      <p>{text.cancelMeans}</p>
    </ActionDialog>
  );
}
