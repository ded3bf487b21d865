/** All backups of a source with what becomes of them: by policies of dlm, and by vaults' lifecycles. */
import { useAction, useActions } from '../../api/queries.ts';
import { useSession } from '../../api/session.tsx';
import { useFirstPages } from '../../parts/use-first-pages.ts';
import type { Backup } from './backup.ts';
import { fatesOf, type Policies } from './fates.ts';

export function useFates(SourceId: string) {
  const found = useFirstPages(
    'imago',
    'ListBackups',
    { SourceId },
    {
      tables: ['images', 'snapshots'],
      itemsOf: ({ Backups }): Backup[] => Backups,
    },
  );
  const backups = found.items ?? [];
  const ids = distinct(backups.map(({ PolicyId }) => PolicyId)).filter((id) =>
    id.startsWith('policy-'),
  );
  const asked = ids.map((PolicyId) => ({ PolicyId }));
  const answers = useActions('dlm', 'GetLifecyclePolicy', asked, { tables: ['backupPolicies'] });
  const policies: Policies = new Map(
    answers.flatMap((answer) => {
      const { PolicyId = '', ...policy } = answer?.Policy ?? {};
      return PolicyId ? [[PolicyId, policy]] : [];
    }),
  );
  const points = usePoints(
    SourceId,
    backups.some(({ JobId }) => JobId !== undefined),
  );
  return { ...found, backups, policies, fates: fatesOf(backups, policies), points };
}

export type Fates = ReturnType<typeof useFates>;

export interface Point {
  vault: string;
  /** Nothing: it has no end. */
  deleteAt: string | undefined;
}

const pointTables = ['recoveryPoints'] as const;
/** As many as an answer has. */
const pointsMax = 1000;

/** Those that are recovery points, by the id of the backup. */
function usePoints(id: string, enabled: boolean): ReadonlyMap<string, Point> {
  const { profile } = useSession();
  const kind = id.startsWith('vol-') ? 'volume' : 'instance';
  const ResourceArn = `arn:aws:ec2:${profile.region}:${profile.account.AccountId}:${kind}/${id}`;
  const asking = { tables: pointTables, enabled };
  const input = { ResourceArn, MaxResults: pointsMax };
  const { data } = useAction('backup', 'ListRecoveryPointsByResource', input, asking);
  const all = enabled ? (data?.RecoveryPoints ?? []) : [];
  const vaults = distinct(all.map(({ BackupVaultName }) => BackupVaultName));
  const asked = vaults.map((BackupVaultName) => ({
    ...{ BackupVaultName, ByResourceArn: ResourceArn, MaxResults: pointsMax },
  }));
  const answers = useActions('backup', 'ListRecoveryPointsByBackupVault', asked, asking);
  const points = answers.flatMap((answer) => answer?.RecoveryPoints ?? []);
  return new Map(
    points.map(({ RecoveryPointArn = '', BackupVaultName: vault = '', CalculatedLifecycle }) => [
      RecoveryPointArn.split('/').at(-1) ?? '',
      { vault, deleteAt: CalculatedLifecycle?.DeleteAt },
    ]),
  );
}

const distinct = (names: readonly (string | undefined)[]) =>
  [...new Set(names)].filter((name) => name !== undefined);
