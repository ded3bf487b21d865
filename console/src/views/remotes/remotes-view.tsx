/** Remotes and what was sent to them and fetched from them; one of them is `#/remotes/remote-…`. */
import { useState } from 'preact/hooks';
import { usePages } from '../../api/queries.ts';
import { useSession } from '../../api/session.tsx';
import { ActionButton } from '../../parts/action-button.tsx';
import { FirstStep } from '../../parts/first-step.tsx';
import type { Column } from '../../parts/list.tsx';
import { PagedList } from '../../parts/paged-list.tsx';
import { Time } from '../../parts/time.tsx';
import { href, type Route } from '../../route.ts';
import { common } from '../../text/common.ts';
import { remotesText as text } from '../../text/remotes.ts';
import { NewRemoteDialog } from './new-remote-dialog.tsx';
import { type Remote, rateWords, sendsWords, whereWords } from './remote.ts';
import { RemotePage } from './remote-page.tsx';
import { isUnderWay, type Transfer, useTransfers } from './transfer.ts';
import { TransferState, Transfers } from './transfers.tsx';

export function RemotesView({ route }: { route: Route }) {
  const [, id] = route.path;
  return id === undefined ? <Remotes /> : <RemotePage key={id} id={id} />;
}

function Remotes() {
  const { profile } = useSession();
  const [isAdded, setIsAdded] = useState(false);
  const found = usePages('imago', 'DescribeRemotes', {}, { tables: ['remotes'] });
  const sent = useTransfers({});
  const names = new Map(
    found.data?.pages.flatMap(({ Remotes: remotes }) =>
      remotes.map(({ RemoteId, Name }) => [RemoteId, Name] as const),
    ),
  );
  return (
    <>
      <header class="view">
        <h1>{text.title}</h1>
        <ActionButton
          kind="main"
          because={!profile.account.Operator && text.onlyOperator}
          onClick={() => setIsAdded(true)}
        >
          {text.add}
        </ActionButton>
      </header>
      <p class="hint">{text.means}</p>
      <PagedList
        caption={text.title}
        found={found}
        itemsOf={({ Remotes: remotes }) => remotes}
        keyOf={({ RemoteId }) => RemoteId}
        columns={[...columns, ...columnsOf(sent.transfers ?? [])]}
        empty={
          profile.account.Operator ? (
            <FirstStep says={text.empty} command={text.emptyCommand} />
          ) : (
            `${text.empty} ${text.onlyOperator}`
          )
        }
      />
      <Transfers
        found={sent}
        remoteOf={({ RemoteId }) => (
          <a href={href(['remotes', RemoteId])}>{names.get(RemoteId) ?? RemoteId}</a>
        )}
      />
      {isAdded && <NewRemoteDialog onClose={() => setIsAdded(false)} />}
    </>
  );
}

const columns: Column<Remote>[] = [
  {
    title: text.columns.name,
    cell: ({ RemoteId, Name }) => <a href={href(['remotes', RemoteId])}>{Name}</a>,
  },
  { title: text.columns.where, cell: (remote) => whereWords(remote) },
  { title: text.columns.sends, cell: (remote) => sendsWords(remote) },
  { title: text.columns.rate, cell: (remote) => rateWords(remote) },
];

/** What there was with each of late. */
function columnsOf(transfers: readonly Transfer[]): Column<Remote>[] {
  const of = ({ RemoteId }: Remote) => transfers.filter((each) => each.RemoteId === RemoteId);
  return [
    { title: text.columns.underWay, cell: (remote) => of(remote).filter(isUnderWay).length },
    {
      title: text.columns.last,
      cell: (remote) => {
        const last = of(remote).find((each) => !isUnderWay(each));
        if (!last) return common.none;
        return (
          <>
            <TransferState of={last} /> <Time at={last.EndedAt} />
          </>
        );
      },
    },
  ];
}
