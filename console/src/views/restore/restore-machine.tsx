/** A machine comes back: what will not be as it was, the order, and how far it is. */
import { useState } from 'preact/hooks';
import { useAction, useChange } from '../../api/queries.ts';
import type { Output } from '../../api/wire.ts';
import { AsCommand } from '../../parts/as-command.tsx';
import { forgetting } from '../../parts/forgetting.ts';
import { IdLink } from '../../parts/id-link.tsx';
import { type Column, List } from '../../parts/list.tsx';
import { Problem } from '../../parts/problem.tsx';
import { Time } from '../../parts/time.tsx';
import { useClientToken } from '../../parts/use-client-token.ts';
import { useRested } from '../../parts/use-rested.ts';
import { common } from '../../text/common.ts';
import { restoreText as text } from '../../text/restore.ts';
import { Condition, Verdict } from '../backups/backup-cells.tsx';
import { fieldOf } from './field-of.ts';
import { commandOf, machineRequest, type Wanted } from './request.ts';
import { RestoredMachine, RestoredRoot } from './restored.tsx';
import { Wishes } from './wishes.tsx';

interface Props {
  wanted: Wanted;
  change(part: Partial<Wanted>): void;
}

const tables = ['images', 'snapshots', 'instances', 'keyPairs', 'securityGroups'] as const;

export function RestoreMachine({ wanted: said, change }: Props) {
  const [userData, setUserData] = useState<string>();
  const wanted = { ...said, userData };
  const request = machineRequest(wanted);
  const rested = useRested(request);
  const restore = useChange('imago', 'RestoreInstance');
  // What was made is of what was asked for then.
  const ClientToken = useClientToken(request);
  const made = restore.variables?.ClientToken === ClientToken ? restore.data : undefined;
  const preview = useAction(
    'imago',
    'RestoreInstance',
    { ...rested, Preview: true },
    // What is being done would be refused if it were asked for again.
    { tables, enabled: !made && !restore.isPending },
  );
  const isNew = wanted.form === 'machine';
  const of = wanted.backup ?? preview.data?.BackupId ?? '';
  const asking = { tables: ['images', 'snapshots'], enabled: of !== '' } as const;
  const { data: described } = useAction('imago', 'DescribeBackup', { BackupId: of }, asking);
  // What is shown until its answer is there is of what was asked for before.
  const isSeen = JSON.stringify(rested) === JSON.stringify(request) && !preview.isPlaceholderData;
  const differences = (made ?? preview.data)?.Differences;
  const refused = restore.error ?? (made ? undefined : preview.error);
  return (
    <section class="card" {...forgetting(restore.isError && restore.reset)}>
      <h2>{text.forms[wanted.form]}</h2>
      {isNew ? (
        <Wishes
          {...{ wanted, change, setUserData }}
          volumes={described?.Volumes ?? []}
          error={refused}
        />
      ) : (
        <p>{text.placeMeans}</p>
      )}
      {refused ? (
        isNew && fieldOf(refused) ? (
          <p>{text.atField}</p>
        ) : (
          <Problem error={refused} />
        )
      ) : (
        <>
          {preview.data && isSeen && !wanted.backup && !made && (
            <p>
              {text.wouldBe} <IdLink id={preview.data.BackupId} />{' '}
              {described && <Source of={described.Backup} />}
            </p>
          )}
          <h3>{text.preview}</h3>
          {!differences && <p class="loading">{common.loading}</p>}
          {differences && (
            <List
              caption={text.preview}
              items={differences}
              keyOf={({ Member, Was, Now }) => `${Member} ${Was} ${Now}`}
              columns={columns}
              empty={text.same}
            />
          )}
        </>
      )}
      {made ? (
        <Made isNew={isNew} made={made} />
      ) : (
        <div class="actions">
          <button
            type="button"
            class={isNew ? 'main' : 'danger'}
            disabled={restore.isPending || !isSeen || !preview.data || Boolean(preview.error)}
            onClick={() => restore.mutate({ ...request, ClientToken })}
          >
            {restore.isPending ? text.restoring : isNew ? text.restore : text.replace}
          </button>
        </div>
      )}
      <AsCommand text={commandOf(wanted)} />
    </section>
  );
}

/** What the last one is like: one may want another. */
function Source({ of }: { of: Output<'imago', 'DescribeBackup'>['Backup'] }) {
  return (
    <>
      <Time at={of.CreateTime} exact /> <Condition of={of} />{' '}
      {of.LastDrill && <Verdict of={of.LastDrill} />}
    </>
  );
}

interface Told {
  BackupId: string;
  InstanceId?: string;
  ReplaceRootVolumeTaskId?: string;
}

function Made({ isNew, made }: { isNew: boolean; made: Told }) {
  const { BackupId, InstanceId = '', ReplaceRootVolumeTaskId = '' } = made;
  return isNew ? (
    <RestoredMachine id={InstanceId} backup={BackupId} />
  ) : (
    <RestoredRoot id={ReplaceRootVolumeTaskId} backup={BackupId} />
  );
}

type Difference = Output<'imago', 'RestoreInstance'>['Differences'][number];

const columns: Column<Difference>[] = [
  { title: text.columns.member, cell: ({ Member }) => Member },
  { title: text.columns.was, cell: ({ Was }) => Was ?? text.none },
  {
    title: text.columns.now,
    cell: ({ Now, GivenAtLaunch }) => Now ?? (GivenAtLaunch ? text.another : text.none),
  },
  { title: text.columns.why, cell: ({ Reason }) => Reason },
];
