/** How far a machine is from the image that it was launched from. It is asked for when it is opened. */
import { useAction } from '../../api/queries.ts';
import { IdLink } from '../../parts/id-link.tsx';
import { List } from '../../parts/list.tsx';
import { Problem } from '../../parts/problem.tsx';
import type { Route } from '../../route.ts';
import { common } from '../../text/common.ts';
import { differencesText as text } from '../../text/contents.ts';
import { fileColumns, keyOfFile, PackageChanges } from './differences.tsx';

export function InstanceDrift({ route }: { route: Route }) {
  const [, InstanceId = ''] = route.path;
  const found = useAction('imago', 'DescribeInstanceDrift', { InstanceId }, { tables: [] });
  const { data, error, isFetching, refetch } = found;
  return (
    <>
      <section class="card">
        <h2>{text.driftOf}</h2>
        <p class="hint">{text.driftHint}</p>
        {data && (
          <p>
            <IdLink id={data.ImageId} /> → <IdLink id={InstanceId} />
          </p>
        )}
        {error && <Problem error={error} />}
        {!data && !error && <p class="loading">{common.loading}</p>}
        {data?.Same && <p role="status">{text.same}</p>}
        {data?.Truncated && <p role="status">{text.cut}</p>}
        <button type="button" disabled={isFetching} onClick={() => void refetch()}>
          {isFetching ? common.busy : text.again}
        </button>
      </section>
      {data && !data.Same && (
        <>
          <PackageChanges changes={data.Packages} />
          <section class="card">
            <h2>{text.files}</h2>
            <List
              caption={text.files}
              columns={fileColumns}
              items={data.Files}
              keyOf={keyOfFile}
              empty={text.noFiles}
            />
          </section>
        </>
      )}
    </>
  );
}
