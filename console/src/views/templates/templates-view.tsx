/** Launch templates, or one with its versions (`#/templates/lt-…`). */
import { useState } from 'preact/hooks';
import { useChange, usePages } from '../../api/queries.ts';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { Field } from '../../parts/field.tsx';
import { IdLink } from '../../parts/id-link.tsx';
import { PagedList } from '../../parts/paged-list.tsx';
import { Time } from '../../parts/time.tsx';
import { go, href, type Route } from '../../route.ts';
import { templatesText as text } from '../../text/templates.ts';
import { TemplateView } from './template-view.tsx';

export function TemplatesView({ route }: { route: Route }) {
  const [, id] = route.path;
  const [isMade, setIsMade] = useState(false);
  const found = usePages('ec2', 'DescribeLaunchTemplates', {}, { tables: ['launchTemplates'] });
  if (id) return <TemplateView id={id} />;
  return (
    <>
      <header class="view">
        <h1>{text.title}</h1>
        <button type="button" class="main" onClick={() => setIsMade(true)}>
          {text.create}
        </button>
      </header>
      <PagedList
        caption={text.title}
        found={found}
        itemsOf={({ LaunchTemplates }) => LaunchTemplates}
        keyOf={({ LaunchTemplateId = '' }) => LaunchTemplateId}
        columns={[
          { title: text.columns.name, cell: ({ LaunchTemplateName }) => LaunchTemplateName },
          {
            title: text.columns.id,
            cell: ({ LaunchTemplateId }) => <IdLink id={LaunchTemplateId} />,
          },
          {
            title: text.columns.default,
            cell: ({ DefaultVersionNumber }) => DefaultVersionNumber,
            isFigure: true,
          },
          {
            title: text.columns.latest,
            cell: ({ LatestVersionNumber }) => LatestVersionNumber,
            isFigure: true,
          },
          { title: text.columns.created, cell: ({ CreateTime }) => <Time at={CreateTime} /> },
        ]}
        empty={text.empty}
      />
      {isMade && <NewTemplate onClose={() => setIsMade(false)} />}
    </>
  );
}

function NewTemplate({ onClose }: { onClose(): void }) {
  const [name, setName] = useState('');
  const [ImageId, setImageId] = useState('');
  const [InstanceType, setInstanceType] = useState('t3.micro');
  const create = useChange('ec2', 'CreateLaunchTemplate');
  const run = async () => {
    const { LaunchTemplate } = await create.mutateAsync({
      LaunchTemplateName: name,
      LaunchTemplateData: { ImageId: ImageId || undefined, InstanceType },
    });
    go(href(['templates', LaunchTemplate?.LaunchTemplateId ?? '']));
  };
  return (
    <ActionDialog title={text.create} action={text.createNow} run={run} onClose={onClose}>
      <Field label={text.columns.name} value={name} onText={setName} required />
      <Field label={text.image} hint={text.imageHint} value={ImageId} onText={setImageId} />
      <Field label={text.type} value={InstanceType} onText={setInstanceType} />
    </ActionDialog>
  );
}
