/** Vaults of AWS Backup with their locks, and legal holds: what nobody may delete. To be looked at. */
import { usePages } from '../../api/queries.ts';
import type { Output } from '../../api/wire.ts';
import type { Column } from '../../parts/list.tsx';
import { Mark } from '../../parts/mark.tsx';
import { PagedList } from '../../parts/paged-list.tsx';
import { Time } from '../../parts/time.tsx';
import { common } from '../../text/common.ts';
import { policiesText, vaultsText as text } from '../../text/policies.ts';

type Vault = NonNullable<Output<'backup', 'ListBackupVaults'>['BackupVaultList']>[number];
type Hold = NonNullable<Output<'backup', 'ListLegalHolds'>['LegalHolds']>[number];

export function Vaults() {
  const tables = ['backupVaults', 'recoveryPoints'] as const;
  const vaults = usePages('backup', 'ListBackupVaults', {}, { tables });
  const holds = usePages('backup', 'ListLegalHolds', {}, { tables: ['legalHolds'] });
  return (
    <>
      <p class="hint">{text.readOnly}</p>
      <PagedList
        caption={policiesText.tabs.vaults}
        found={vaults}
        itemsOf={({ BackupVaultList }) => BackupVaultList}
        keyOf={({ BackupVaultName = '' }) => BackupVaultName}
        columns={vaultColumns}
        empty={text.empty}
      />
      <h2>{text.holds}</h2>
      <PagedList
        caption={text.holds}
        found={holds}
        itemsOf={({ LegalHolds }) => LegalHolds}
        keyOf={({ LegalHoldId = '' }) => LegalHoldId}
        columns={holdColumns}
        empty={text.noHolds}
      />
    </>
  );
}

const vaultColumns: Column<Vault>[] = [
  { title: text.columns.vault, cell: ({ BackupVaultName }) => BackupVaultName },
  {
    title: text.columns.points,
    cell: ({ NumberOfRecoveryPoints }) => NumberOfRecoveryPoints ?? 0,
    isFigure: true,
  },
  { title: text.columns.lock, cell: (vault) => <Lock of={vault} /> },
  { title: text.columns.made, cell: ({ CreationDate }) => <Time at={CreationDate} /> },
];

function Lock({
  of: { Locked, MinRetentionDays: least, MaxRetentionDays: most, LockDate },
}: {
  of: Vault;
}) {
  if (!Locked) return <span>{text.unlocked}</span>;
  const bounds = [least && text.least(least), most && text.most(most)].filter(Boolean);
  const isFinal = LockDate !== undefined && Date.parse(LockDate) <= Date.now();
  return (
    <>
      <Mark tone="good">{text.locked}</Mark> {bounds.join(', ')}
      <span class="line hint">
        {LockDate === undefined ? text.removable : isFinal ? text.final : text.finalAt}{' '}
        {LockDate && <Time at={LockDate} exact />}
      </span>
    </>
  );
}

const holdColumns: Column<Hold>[] = [
  {
    title: text.columns.hold,
    cell: ({ Title, LegalHoldId, Description }) => (
      <>
        {Title} <code>{LegalHoldId}</code>
        {Description && <span class="line hint">{Description}</span>}
      </>
    ),
  },
  {
    title: text.columns.state,
    cell: ({ Status = '' }) => <Mark tone={Status === 'ACTIVE' ? 'good' : 'quiet'}>{Status}</Mark>,
  },
  { title: text.columns.made, cell: ({ CreationDate }) => <Time at={CreationDate} /> },
  {
    title: text.columns.ended,
    cell: ({ CancellationDate }) =>
      CancellationDate ? <Time at={CancellationDate} /> : <span>{common.none}</span>,
  },
];
