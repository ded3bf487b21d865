/** Exports of the account into folders of the server's, and images that are stored as files. */
import { useAction, usePages } from '../../api/queries.ts';
import type { Output } from '../../api/wire.ts';
import { IdLink } from '../../parts/id-link.tsx';
import { type Column, List } from '../../parts/list.tsx';
import { State } from '../../parts/mark.tsx';
import { PagedList } from '../../parts/paged-list.tsx';
import { transfersText as text } from '../../text/transfers.ts';
import { idColumn, stateColumns, type Told } from './task-columns.tsx';

type OfImage = NonNullable<Output<'ec2', 'DescribeExportImageTasks'>['ExportImageTasks']>[number];
type OfInstance = NonNullable<Output<'ec2', 'DescribeExportTasks'>['ExportTasks']>[number];
type Stored = NonNullable<
  Output<'ec2', 'DescribeStoreImageTasks'>['StoreImageTaskResults']
>[number];

export function ExportLists() {
  const images = usePages('ec2', 'DescribeExportImageTasks', {}, { tables: ['exportImageTasks'] });
  const instances = useAction(
    'ec2',
    'DescribeExportTasks',
    {},
    { tables: ['exportInstanceTasks'] },
  );
  const stored = usePages('ec2', 'DescribeStoreImageTasks', {}, { tables: ['storeImageTasks'] });
  return (
    <>
      <section class="card">
        <h2>{text.exportedImages}</h2>
        <PagedList
          caption={text.exportedImages}
          found={images}
          itemsOf={({ ExportImageTasks }) => ExportImageTasks}
          keyOf={({ ExportImageTaskId = '' }) => ExportImageTaskId}
          columns={ofImage}
          empty={text.none.exportedImages}
        />
      </section>
      <section class="card">
        <h2>{text.exportedInstances}</h2>
        <List
          caption={text.exportedInstances}
          items={instances.data?.ExportTasks}
          keyOf={({ ExportTaskId = '' }) => ExportTaskId}
          columns={ofInstance}
          empty={text.none.exportedInstances}
          error={instances.error}
          retry={instances.refetch}
        />
      </section>
      <section class="card">
        <h2>{text.stored}</h2>
        <PagedList
          caption={text.stored}
          found={stored}
          itemsOf={({ StoreImageTaskResults }) => StoreImageTaskResults}
          keyOf={({ AmiId, TaskStartTime }) => `${AmiId} ${TaskStartTime}`}
          columns={ofStored}
          empty={text.none.stored}
        />
      </section>
    </>
  );
}

const imageTold = (task: OfImage): Told => ({
  id: task.ExportImageTaskId,
  state: task.Status,
  progress: task.Progress,
  message: task.StatusMessage,
});

const ofImage: Column<OfImage>[] = [
  idColumn(imageTold),
  { title: text.columns.what, cell: ({ ImageId }) => <IdLink id={ImageId} /> },
  { title: text.columns.description, cell: ({ Description }) => Description },
  {
    title: text.columns.to,
    cell: ({ S3ExportLocation: to }) => <code>{`${to?.S3Bucket}/${to?.S3Prefix ?? ''}`}</code>,
  },
  ...stateColumns(imageTold),
];

const instanceTold = (task: OfInstance): Told => ({
  id: task.ExportTaskId,
  state: task.State,
  message: task.StatusMessage,
});

const ofInstance: Column<OfInstance>[] = [
  idColumn(instanceTold),
  {
    title: text.columns.what,
    cell: ({ InstanceExportDetails: details }) => <IdLink id={details?.InstanceId} />,
  },
  { title: text.columns.description, cell: ({ Description }) => Description },
  {
    title: text.columns.to,
    cell: ({ ExportToS3Task: to }) => <code>{`${to?.S3Bucket}/${to?.S3Key}`}</code>,
  },
  ...stateColumns(instanceTold),
];

const ofStored: Column<Stored>[] = [
  { title: text.columns.what, cell: ({ AmiId }) => <IdLink id={AmiId} /> },
  {
    title: text.columns.to,
    cell: ({ Bucket, S3objectKey }) => <code>{`${Bucket}/${S3objectKey}`}</code>,
  },
  {
    title: text.columns.state,
    cell: ({ StoreTaskState, ProgressPercentage, StoreTaskFailureReason }) => (
      <>
        <State of={StoreTaskState} />{' '}
        {StoreTaskState === 'InProgress' && text.percent(`${ProgressPercentage}`)}{' '}
        {StoreTaskFailureReason}
      </>
    ),
  },
];
