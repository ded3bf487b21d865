/**
 * A list of what was sent and fetched: how far each is, how fast it goes, what it came to; and its
 * end.
 */
import { useEffect, useRef, useState } from 'preact/hooks';
import { useChange } from '../../api/queries.ts';
import { speedOf } from '../../api/speed.ts';
import { ActionButton } from '../../parts/action-button.tsx';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { bytes } from '../../parts/format.ts';
import { IdLink } from '../../parts/id-link.tsx';
import { type Column, List } from '../../parts/list.tsx';
import { Mark } from '../../parts/mark.tsx';
import { Time } from '../../parts/time.tsx';
import { common } from '../../text/common.ts';
import {
  remotesText,
  stopTransferText as stopText,
  remoteTransfersText as text,
} from '../../text/remotes.ts';
import { isUnderWay, type Transfer, tones, type useTransfers } from './transfer.ts';

interface Props {
  found: ReturnType<typeof useTransfers>;
  /** How the remote of each is told; absent: all are of one. */
  remoteOf?(transfer: Transfer): preact.ComponentChildren;
}

export function Transfers({ found, remoteOf }: Props) {
  const { transfers, error, refetch, more } = found;
  const [stopped, setStopped] = useState<Transfer>();
  const ofRemote = remoteOf ? [{ title: text.columns.remote, cell: remoteOf }] : [];
  return (
    <section class="card">
      <h2>{text.title}</h2>
      <p class="hint">{text.means}</p>
      <List
        caption={text.title}
        items={transfers}
        error={error}
        retry={refetch}
        keyOf={({ TransferId }) => TransferId}
        columns={[whatColumn, ...ofRemote, stateColumn(setStopped), ...columns]}
        empty={text.empty}
      />
      {more && (
        <p class="hint">
          {text.partly(transfers?.length ?? 0)}{' '}
          <button type="button" class="more" onClick={more}>
            {text.more}
          </button>
        </p>
      )}
      {stopped && <StopDialog transfer={stopped} onClose={() => setStopped(undefined)} />}
    </section>
  );
}

/** What is at the other end has an id there, which is no link here. */
const whatColumn: Column<Transfer> = {
  title: text.columns.what,
  cell: ({ Direction, SourceId, MadeId }) => (
    <>
      {text.directions[Direction]}{' '}
      {Direction === 'push' ? <IdLink id={SourceId} /> : <code>{SourceId}</code>}
      {MadeId !== undefined && (
        <span class="line">
          {text.became[Direction]}{' '}
          {Direction === 'pull' ? <IdLink id={MadeId} /> : <code>{MadeId}</code>}
        </span>
      )}
    </>
  ),
};

const stateColumn = (stop: (transfer: Transfer) => void): Column<Transfer> => ({
  title: text.columns.state,
  cell: (transfer) => (
    <>
      <TransferState of={transfer} /> {transfer.Message}
      {transfer.State === 'running' && (
        <ActionButton kind="danger" onClick={() => stop(transfer)}>
          {stopText.ask}
        </ActionButton>
      )}
    </>
  ),
});

function StopDialog({ transfer, onClose }: { transfer: Transfer; onClose(): void }) {
  const { TransferId, SourceId, Direction } = transfer;
  const stop = useChange('imago', 'StopRemoteTransfer');
  return (
    <ActionDialog
      title={stopText.title(SourceId)}
      action={stopText.stop}
      isDangerous
      command={`bin/imago remotes stop ${TransferId}`}
      run={() => stop.mutateAsync({ TransferId })}
      onClose={onClose}
    >
      <p>{stopText.means[Direction]}</p>
    </ActionDialog>
  );
}

const columns: Column<Transfer>[] = [
  { title: text.columns.moved, cell: (transfer) => <Moved of={transfer} /> },
  {
    title: text.columns.began,
    cell: ({ StartedAt }) => <Time at={StartedAt} />,
    isShort: true,
  },
  { title: text.columns.ended, cell: ({ EndedAt }) => <Time at={EndedAt} />, isShort: true },
];

export function TransferState({ of: { State } }: { of: Transfer }) {
  return <Mark tone={tones[State] ?? 'quiet'}>{text.states[State] ?? State}</Mark>;
}

function Moved({ of: transfer }: { of: Transfer }) {
  const { SourceId, DoneBytes, TotalBytes } = transfer;
  const perSecond = useRate(DoneBytes, isUnderWay(transfer));
  if (!isUnderWay(transfer)) return <span>{bytes(DoneBytes)}</span>;
  return (
    <div class="upload">
      <progress
        aria-label={text.progress(SourceId)}
        {...(TotalBytes > 0 && { max: TotalBytes, value: DoneBytes })}
      />
      <p class="hint">
        {TotalBytes > 0 ? common.moved(bytes(DoneBytes), bytes(TotalBytes)) : text.notBegun}
        {perSecond ? `, ${remotesText.rate(bytes(Math.round(perSecond)))}` : ''}
      </p>
    </div>
  );
}

const everyMs = 1000;

/** Bytes a second, of what was told in the last few seconds. */
function useRate(doneBytes: number, isGoing: boolean): number | undefined {
  const before = useRef(doneBytes);
  const [speed] = useState(() => speedOf(Date.now()));
  const [perSecond, setPerSecond] = useState<number>();
  useEffect(() => {
    speed.add(Math.max(0, doneBytes - before.current), Date.now());
    before.current = doneBytes;
  }, [doneBytes]);
  useEffect(() => {
    if (!isGoing) return;
    const look = () => setPerSecond(speed.at(Date.now()).perSecond);
    const timer = setInterval(look, everyMs);
    return () => clearInterval(timer);
  }, [isGoing]);
  return perSecond;
}
