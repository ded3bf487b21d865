/** Sessions of the account, each of which can be ended. */
import { useChange, usePages } from '../../api/queries.ts';
import { useSession } from '../../api/session.tsx';
import { Mark } from '../../parts/mark.tsx';
import { PagedList } from '../../parts/paged-list.tsx';
import { Problem } from '../../parts/problem.tsx';
import { Time } from '../../parts/time.tsx';
import { sessionsText as text } from '../../text/account.ts';

export function Sessions() {
  const { profile } = useSession();
  const found = usePages('imago', 'ListSessions', {}, { tables: ['sessions'] });
  const end = useChange('imago', 'EndSession');
  return (
    <section class="card">
      <h2>{text.title}</h2>
      <p class="hint">{text.means}</p>
      {end.error && <Problem error={end.error} />}
      <PagedList
        caption={text.title}
        found={found}
        itemsOf={({ Sessions: sessions }) => sessions}
        keyOf={({ AccessKeyId }) => AccessKeyId}
        columns={[
          {
            title: text.columns.id,
            cell: ({ AccessKeyId }) => (
              <>
                <code>{AccessKeyId}</code>{' '}
                {AccessKeyId === profile.credentials.accessKeyId && <Mark>{text.this}</Mark>}
              </>
            ),
          },
          {
            title: text.columns.of,
            cell: ({ ParentAccessKeyId }) => <code>{ParentAccessKeyId}</code>,
          },
          { title: text.columns.begun, cell: ({ CreateDate }) => <Time at={CreateDate} /> },
          { title: text.columns.until, cell: ({ Expiration }) => <Time at={Expiration} /> },
          {
            title: text.columns.end,
            cell: ({ AccessKeyId }) => (
              <button
                type="button"
                aria-label={text.endOne(AccessKeyId)}
                onClick={() => end.mutate({ AccessKeyId })}
              >
                {text.end}
              </button>
            ),
          },
        ]}
        empty={text.none}
      />
    </section>
  );
}
