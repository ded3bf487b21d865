/** One snapshot: what it is, what is made of it, whom it is shared with, whether it is locked. */
import { useState } from 'preact/hooks';
import { useAction, useChange, usePages } from '../../api/queries.ts';
import { useSession } from '../../api/session.tsx';
import { ActionButton } from '../../parts/action-button.tsx';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { consistencyIn } from '../../parts/consistency.tsx';
import { CopiedId } from '../../parts/copied-id.tsx';
import { CreateVolumeDialog } from '../../parts/create-volume.tsx';
import { Empty } from '../../parts/empty.tsx';
import { Facts } from '../../parts/facts.tsx';
import { bytes } from '../../parts/format.ts';
import { IdLink } from '../../parts/id-link.tsx';
import { ImagesOfSnapshot } from '../../parts/images-of-snapshot.tsx';
import { State } from '../../parts/mark.tsx';
import { PagedList } from '../../parts/paged-list.tsx';
import { Problem } from '../../parts/problem.tsx';
import { SendDialog } from '../../parts/send-dialog.tsx';
import { Tags } from '../../parts/tags.tsx';
import { Time } from '../../parts/time.tsx';
import { go, href, type Route } from '../../route.ts';
import { common } from '../../text/common.ts';
import { consistencyText } from '../../text/consistency.ts';
import { sendText } from '../../text/remotes.ts';
import { snapshotText as text } from '../../text/snapshots.ts';
import { CopyDialog } from './copy-dialog.tsx';
import type { PartProps, Snapshot } from './snapshot.ts';
import { SnapshotChanges } from './snapshot-changes.tsx';
import { SnapshotFastRestore } from './snapshot-fast-restore.tsx';
import { SnapshotLock } from './snapshot-lock.tsx';
import { SnapshotPermissions } from './snapshot-permissions.tsx';
import { SnapshotTier } from './snapshot-tier.tsx';

export function SnapshotView({ route }: { route: Route }) {
  const [, id = ''] = route.path;
  const { profile } = useSession();
  const [isCopied, setIsCopied] = useState(false);
  const [isSent, setIsSent] = useState(false);
  const [isRestored, setIsRestored] = useState(false);
  const found = useAction(
    'ec2',
    'DescribeSnapshots',
    { SnapshotIds: [id] },
    { tables: ['snapshots'] },
  );
  if (found.error) return <Problem error={found.error} retry={found.refetch} />;
  if (!found.data) return <p class="loading">{common.loading}</p>;
  const snapshot = found.data.Snapshots?.[0];
  if (!snapshot) return <Empty>{text.gone(id)}</Empty>;
  const props = { snapshot, isOwn: snapshot.OwnerId === profile.account.AccountId };
  return (
    <>
      <p class="back">
        <a href={href(['snapshots'])}>{text.back}</a>
      </p>
      <header class="view">
        <h1>
          {id} <State of={snapshot.State} />
        </h1>
        <ActionButton because={notNow(snapshot)} onClick={() => setIsRestored(true)}>
          {text.restore}
        </ActionButton>
        {props.isOwn && (
          <ActionButton
            because={notNow(snapshot)}
            onClick={() => go(href(['backups', 'restore'], { backup: id }))}
          >
            {text.assistant}
          </ActionButton>
        )}
        <ActionButton because={notNow(snapshot)} onClick={() => setIsCopied(true)}>
          {text.copy}
        </ActionButton>
        {props.isOwn && (
          <ActionButton because={notNow(snapshot)} onClick={() => setIsSent(true)}>
            {sendText.ask}
          </ActionButton>
        )}
        <ActionButton onClick={() => go(href(['drills', id]))}>{text.drills}</ActionButton>
        {props.isOwn && <Deletion snapshot={snapshot} />}
      </header>
      <section class="card">
        <h2>{text.facts.title}</h2>
        <Facts of={facts(snapshot)} />
      </section>
      {props.isOwn && <SnapshotTier {...props} />}
      <SnapshotFastRestore {...props} />
      {props.isOwn && <SnapshotChanges {...props} />}
      <ImagesOfSnapshot id={id} text={text.images} />
      <VolumesOfIt {...props} />
      {props.isOwn && <SnapshotPermissions {...props} />}
      {props.isOwn && <SnapshotLock {...props} />}
      <Tags id={id} tags={snapshot.Tags} isOwn={props.isOwn} />
      {isRestored && (
        <CreateVolumeDialog
          of={{ id, sizeGiB: snapshot.VolumeSize ?? 1 }}
          onClose={() => setIsRestored(false)}
        />
      )}
      {isSent && <SendDialog id={id} onClose={() => setIsSent(false)} />}
      {isCopied && <CopyDialog snapshot={snapshot} onClose={() => setIsCopied(false)} />}
    </>
  );
}

/** Why nothing can be made of it; empty where it can. */
function notNow({ State: state, StorageTier }: Snapshot): string | false {
  if (state !== 'completed') return text.isPending;
  return StorageTier === 'archive' && text.isArchived;
}

function facts(snapshot: Snapshot) {
  const names = text.facts;
  return [
    [names.id, <CopiedId key="id" id={snapshot.SnapshotId} />],
    [names.description, snapshot.Description],
    [names.owner, snapshot.OwnerAlias ?? snapshot.OwnerId],
    [names.volume, <IdLink key="volume" id={snapshot.VolumeId} />],
    [names.size, `${snapshot.VolumeSize} GiB`],
    [names.key, snapshot.Encrypted ? <IdLink key="key" id={snapshot.KmsKeyId} /> : names.plain],
    [names.full, bytes(snapshot.FullSnapshotSizeInBytes)],
    [names.started, <Time key="started" at={snapshot.StartTime} />],
    [names.completed, <Time key="completed" at={snapshot.CompletionTime} />],
    [names.progress, snapshot.Progress],
    [names.tier, snapshot.StorageTier],
    [consistencyText.title, consistencyIn(snapshot)],
    [names.message, snapshot.StateMessage],
  ] as const;
}

function VolumesOfIt({ snapshot: { SnapshotId = '' } }: PartProps) {
  const Filters = [{ Name: 'snapshot-id', Values: [SnapshotId] }];
  const found = usePages('ec2', 'DescribeVolumes', { Filters }, { tables: ['volumes'] });
  return (
    <section class="card">
      <h2>{text.volumes.title}</h2>
      <PagedList
        caption={text.volumes.title}
        found={found}
        itemsOf={({ Volumes }) => Volumes}
        keyOf={({ VolumeId = '' }) => VolumeId}
        columns={[
          { title: text.volumes.id, cell: ({ VolumeId }) => <IdLink id={VolumeId} /> },
          {
            title: text.volumes.attached,
            cell: ({ Attachments = [] }) => <IdLink id={Attachments[0]?.InstanceId} />,
          },
          { title: text.volumes.state, cell: ({ State: state }) => <State of={state} /> },
        ]}
        empty={text.volumes.none}
      />
    </section>
  );
}

function Deletion({ snapshot: { SnapshotId = '', State: state } }: { snapshot: Snapshot }) {
  const [isAsked, setIsAsked] = useState(false);
  const remove = useChange('ec2', 'DeleteSnapshot');
  const run = async () => {
    await remove.mutateAsync({ SnapshotId });
    go(href(['snapshots']));
  };
  return (
    <>
      <ActionButton
        kind="danger"
        because={state === 'pending' && text.isPending}
        onClick={() => setIsAsked(true)}
      >
        {text.delete}
      </ActionButton>
      {isAsked && (
        <ActionDialog
          title={text.deleteTitle(SnapshotId)}
          action={text.deleteNow}
          isDangerous
          run={run}
          onClose={() => setIsAsked(false)}
        >
          <p>{text.deleteMeans}</p>
        </ActionDialog>
      )}
    </>
  );
}
