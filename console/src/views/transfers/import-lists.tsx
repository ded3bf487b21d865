/** Imports of the account, from wherever the files came. */
import { usePages } from '../../api/queries.ts';
import type { Output } from '../../api/wire.ts';
import { IdLink } from '../../parts/id-link.tsx';
import type { Column } from '../../parts/list.tsx';
import { PagedList } from '../../parts/paged-list.tsx';
import { transfersText as text } from '../../text/transfers.ts';
import { idColumn, stateColumns, type Told } from './task-columns.tsx';

type OfSnapshot = NonNullable<
  Output<'ec2', 'DescribeImportSnapshotTasks'>['ImportSnapshotTasks']
>[number];
type OfImage = NonNullable<Output<'ec2', 'DescribeImportImageTasks'>['ImportImageTasks']>[number];

export function ImportLists() {
  const asking = { tables: ['importSnapshotTasks'] as const };
  const snapshots = usePages('ec2', 'DescribeImportSnapshotTasks', {}, asking);
  const images = usePages('ec2', 'DescribeImportImageTasks', {}, { tables: ['importImageTasks'] });
  return (
    <>
      <section class="card">
        <h2>{text.snapshots}</h2>
        <PagedList
          caption={text.snapshots}
          found={snapshots}
          itemsOf={({ ImportSnapshotTasks }) => ImportSnapshotTasks}
          keyOf={({ ImportTaskId = '' }) => ImportTaskId}
          columns={ofSnapshot}
          empty={text.none.snapshots}
        />
      </section>
      <section class="card">
        <h2>{text.images}</h2>
        <PagedList
          caption={text.images}
          found={images}
          itemsOf={({ ImportImageTasks }) => ImportImageTasks}
          keyOf={({ ImportTaskId = '' }) => ImportTaskId}
          columns={ofImage}
          empty={text.none.images}
        />
      </section>
    </>
  );
}

const snapshotTold = ({ ImportTaskId: id, SnapshotTaskDetail: detail }: OfSnapshot): Told => ({
  id,
  state: detail?.Status,
  progress: detail?.Progress,
  message: detail?.StatusMessage,
});

const ofSnapshot: Column<OfSnapshot>[] = [
  idColumn(snapshotTold),
  {
    title: text.columns.what,
    cell: ({ SnapshotTaskDetail: detail }) => `${detail?.Description ?? ''} ${detail?.Format}`,
  },
  { title: text.columns.description, cell: ({ Description }) => Description },
  {
    title: text.columns.became,
    cell: ({ SnapshotTaskDetail: detail }) => <IdLink id={detail?.SnapshotId} />,
  },
  ...stateColumns(snapshotTold),
];

const imageTold = (task: OfImage): Told => ({
  id: task.ImportTaskId,
  state: task.Status,
  progress: task.Progress,
  message: task.StatusMessage,
});

const ofImage: Column<OfImage>[] = [
  idColumn(imageTold),
  {
    title: text.columns.what,
    cell: ({ SnapshotDetails = [] }) =>
      SnapshotDetails.map(({ Description = '', Format }) => `${Description} ${Format}`).join(', '),
  },
  { title: text.columns.description, cell: ({ Description }) => Description },
  { title: text.columns.became, cell: ({ ImageId }) => <IdLink id={ImageId} /> },
  ...stateColumns(imageTold),
];
