/** Pipelines with when they run, and their start by hand. */
import { useState } from 'preact/hooks';
import { useChange, usePages } from '../../api/queries.ts';
import type { Output } from '../../api/wire.ts';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { PagedList } from '../../parts/paged-list.tsx';
import { Time } from '../../parts/time.tsx';
import { go, href } from '../../route.ts';
import { builderText as text } from '../../text/builder.ts';
import { BuildState } from './build-state.tsx';
import { pageSize } from './page-size.ts';

type Pipeline = NonNullable<
  Output<'imagebuilder', 'ListImagePipelines'>['imagePipelineList']
>[number];

export function Pipelines() {
  const [chosen, setChosen] = useState<Pipeline>();
  const asking = { tables: ['imagePipelines', 'imageBuilds'], pageSize } as const;
  const found = usePages('imagebuilder', 'ListImagePipelines', {}, asking);
  return (
    <>
      <PagedList
        caption={text.pipelines.title}
        found={found}
        itemsOf={({ imagePipelineList }) => imagePipelineList}
        keyOf={({ arn = '' }) => arn}
        columns={[
          { title: text.columns.name, cell: ({ name }) => name },
          { title: text.columns.description, cell: ({ description }) => description },
          { title: text.columns.state, cell: ({ status }) => <BuildState of={status} /> },
          { title: text.columns.schedule, cell: scheduleOf },
          { title: text.columns.next, cell: ({ dateNextRun }) => <Time at={dateNextRun} /> },
          { title: text.columns.last, cell: lastOf },
          {
            title: text.columns.actions,
            cell: (pipeline) => (
              <button type="button" onClick={() => setChosen(pipeline)}>
                {text.pipelines.start}
              </button>
            ),
          },
        ]}
        empty={text.pipelines.empty}
      />
      {chosen && <StartDialog pipeline={chosen} close={() => setChosen(undefined)} />}
    </>
  );
}

const scheduleOf = ({ schedule }: Pipeline) =>
  schedule?.scheduleExpression ? (
    <>
      <code>{schedule.scheduleExpression}</code> {schedule.timezone}
    </>
  ) : (
    text.pipelines.onDemand
  );

const lastOf = ({ dateLastRun, lastRunStatus }: Pipeline) => (
  <>
    <Time at={dateLastRun} /> {lastRunStatus && <BuildState of={lastRunStatus} />}
  </>
);

function StartDialog({ pipeline, close }: { pipeline: Pipeline; close(): void }) {
  const { arn: imagePipelineArn = '', name = '' } = pipeline;
  const start = useChange('imagebuilder', 'StartImagePipelineExecution');
  const [clientToken] = useState(() => crypto.randomUUID());
  const run = async () => {
    const { imageBuildVersionArn = '' } = await start.mutateAsync({
      imagePipelineArn,
      clientToken,
    });
    go(href(['builder', 'build', imageBuildVersionArn]));
  };
  return (
    <ActionDialog
      title={text.pipelines.startTitle(name)}
      action={text.pipelines.startNow}
      command={`aws imagebuilder start-image-pipeline-execution --image-pipeline-arn ${imagePipelineArn}`}
      run={run}
      onClose={close}
    >
      <p>{text.pipelines.startMeans}</p>
    </ActionDialog>
  );
}
