/** A build of an image: what of, its steps with what they took, and its log as it is told. */
import { useState } from 'preact/hooks';
import { useAction, useChange } from '../../api/queries.ts';
import type { Output } from '../../api/wire.ts';
import { ActionButton } from '../../parts/action-button.tsx';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { CopiedId } from '../../parts/copied-id.tsx';
import { Facts } from '../../parts/facts.tsx';
import { IdLink } from '../../parts/id-link.tsx';
import { Problem } from '../../parts/problem.tsx';
import { Time } from '../../parts/time.tsx';
import { href } from '../../route.ts';
import { buildText as text } from '../../text/builder.ts';
import { common } from '../../text/common.ts';
import { BuildLog } from './build-log.tsx';
import { BuildState, hasEnded } from './build-state.tsx';
import { BuildSteps } from './build-steps.tsx';

type Build = NonNullable<Output<'imagebuilder', 'GetImage'>['image']>;

export function BuildView({ arn }: { arn: string }) {
  const [isAsked, setIsAsked] = useState(false);
  const input = { imageBuildVersionArn: arn };
  const found = useAction('imagebuilder', 'GetImage', input, { tables: ['imageBuilds'] });
  const { error, refetch } = found;
  if (error) return <Problem error={error} retry={refetch} />;
  const build = found.data?.image;
  if (!build) return <p class="loading">{common.loading}</p>;
  const state = build.state?.status;
  return (
    <>
      <p class="back">
        <a href={href(['builder'], { tab: 'builds' })}>{text.back}</a>
      </p>
      <header class="view">
        <h1>
          {`${build.name} ${build.version}`} <BuildState of={state} />
        </h1>
        <div class="actions">
          <ActionButton
            kind="danger"
            because={hasEnded(state) && text.hasEnded}
            onClick={() => setIsAsked(true)}
          >
            {text.cancel}
          </ActionButton>
        </div>
      </header>
      <section class="card">
        <h2>{text.title}</h2>
        <Facts of={factsOf(build)} />
      </section>
      <BuildSteps arn={arn} />
      <BuildLog key={arn} arn={arn} />
      {isAsked && <CancelDialog arn={arn} close={() => setIsAsked(false)} />}
    </>
  );
}

function factsOf(build: Build) {
  const { imageRecipe, infrastructureConfiguration, imageTestsConfiguration } = build;
  const { buildType = '' } = build;
  return [
    [text.arn, <CopiedId key="arn" id={build.arn} />],
    [text.reason, build.state?.reason],
    [
      text.images,
      build.outputResources?.amis?.map(({ image, region }) => (
        <div key={`${region} ${image}`}>
          <IdLink id={image} /> {region}
        </div>
      )),
    ],
    [text.system, build.osVersion],
    [text.recipe, imageRecipe && `${imageRecipe.name} ${imageRecipe.version}`],
    [text.parent, imageRecipe?.parentImage && <IdLink key="parent" id={imageRecipe.parentImage} />],
    [text.pipeline, build.sourcePipelineName],
    [text.type, text.types[buildType] ?? buildType],
    [text.instanceTypes, infrastructureConfiguration?.instanceTypes?.join(', ')],
    [text.tests, imageTestsConfiguration?.imageTestsEnabled ? common.yes : common.no],
    [text.created, <Time key="created" at={build.dateCreated} />],
  ] as const;
}

function CancelDialog({ arn, close }: { arn: string; close(): void }) {
  const cancel = useChange('imagebuilder', 'CancelImageCreation');
  const [clientToken] = useState(() => crypto.randomUUID());
  return (
    <ActionDialog
      title={text.cancelTitle}
      action={text.cancelNow}
      isDangerous
      command={`aws imagebuilder cancel-image-creation --image-build-version-arn ${arn}`}
      run={() => cancel.mutateAsync({ imageBuildVersionArn: arn, clientToken })}
      onClose={close}
    >
      <p>{text.cancelMeans}</p>
    </ActionDialog>
  );
}
