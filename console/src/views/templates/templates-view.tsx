/**
 * Launch templates, or one with its versions (`#/templates/lt-…`); fleets that were launched from
 * them, and the parameters that they may name.
 */
import { useState } from 'preact/hooks';
import { useChange, usePages } from '../../api/queries.ts';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { Field } from '../../parts/field.tsx';
import { IdLink } from '../../parts/id-link.tsx';
import { PagedList } from '../../parts/paged-list.tsx';
import { currentTab, Tabs } from '../../parts/tabs.tsx';
import { Time } from '../../parts/time.tsx';
import { go, href, type Route } from '../../route.ts';
import { templatesText as text } from '../../text/templates.ts';
import { Fleets } from './fleets.tsx';
import { Parameters } from './parameters.tsx';
import { TemplateView } from './template-view.tsx';

const parts = { templates: TemplatesList, fleets: Fleets, parameters: Parameters };
const names = Object.keys(parts) as (keyof typeof parts)[];

export function TemplatesView({ route }: { route: Route }) {
  const [, id] = route.path;
  const [isMade, setIsMade] = useState(false);
  if (id) return <TemplateView id={id} />;
  const current = currentTab(route, names);
  const Part = parts[current];
  return (
    <>
      <header class="view">
        <h1>{text.title}</h1>
        <button type="button" class="main" onClick={() => setIsMade(true)}>
          {text.create}
        </button>
      </header>
      <Tabs text={text} path={['templates']} names={names} current={current} />
      <Part route={route} />
      {isMade && <NewTemplate onClose={() => setIsMade(false)} />}
    </>
  );
}

function TemplatesList() {
  const found = usePages('ec2', 'DescribeLaunchTemplates', {}, { tables: ['launchTemplates'] });
  return (
    <PagedList
      caption={text.title}
      found={found}
      itemsOf={({ LaunchTemplates }) => LaunchTemplates}
      keyOf={({ LaunchTemplateId = '' }) => LaunchTemplateId}
      columns={[
        {
          title: text.columns.name,
          cell: ({ LaunchTemplateId, LaunchTemplateName }) => (
            <IdLink id={LaunchTemplateId}>{LaunchTemplateName ?? ''}</IdLink>
          ),
        },
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
