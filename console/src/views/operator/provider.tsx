/** The provider's images: built from recipes, or published from an image of the operator's. */
import { useState } from 'preact/hooks';
import { useAction, useChange } from '../../api/queries.ts';
import { ActionButton } from '../../parts/action-button.tsx';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { Field } from '../../parts/field.tsx';
import { IdLink } from '../../parts/id-link.tsx';
import { List } from '../../parts/list.tsx';
import { Mark } from '../../parts/mark.tsx';
import { Problem } from '../../parts/problem.tsx';
import { TaskOf } from '../../parts/task-of.tsx';
import { Time } from '../../parts/time.tsx';
import { providerText as text } from '../../text/operator.ts';
import { VendorImages } from './vendor-images.tsx';

/** Recipes that Imago brings. */
const recipes = ['micro', 'debian-12', 'debian-13'];

export function Provider() {
  const [isPublished, setIsPublished] = useState(false);
  const found = useAction('imago', 'ListProviderImages', {}, { tables: ['images'] });
  const build = useChange('imago', 'BuildImage');
  const retire = useChange('imago', 'RetireProviderImage');
  const error = build.error ?? retire.error;
  const [begun, setBegun] = useState<{ id: string; name: string }>();
  const begin = (Name: string) =>
    build.mutateAsync({ Name }).then(
      ({ TaskId }) => setBegun({ id: TaskId, name: Name }),
      () => {},
    );
  return (
    <>
      {begun && <TaskOf key={begun.id} id={begun.id} title={text.builds(begun.name)} />}
      <section class="card">
        <h2>{text.title}</h2>
        {error && <Problem error={error} />}
        <div class="actions">
          {recipes.map((Name) => (
            <button key={Name} type="button" disabled={build.isPending} onClick={() => begin(Name)}>
              {text.build(Name)}
            </button>
          ))}
          <button type="button" onClick={() => setIsPublished(true)}>
            {text.publish}
          </button>
        </div>
        <List
          caption={text.title}
          columns={[
            { title: text.columns.name, cell: ({ Name }) => Name },
            { title: text.columns.version, cell: ({ Version }) => Version, isFigure: true },
            { title: text.columns.image, cell: ({ ImageId }) => <IdLink id={ImageId} /> },
            {
              title: text.columns.parameters,
              cell: ({ Parameters }) =>
                Parameters.map((name) => (
                  <code key={name} class="long">
                    {name}
                  </code>
                )),
            },
            { title: text.columns.created, cell: ({ CreateDate }) => <Time at={CreateDate} /> },
            {
              title: text.columns.retire,
              cell: ({ ImageId, Retired }) =>
                Retired ? (
                  <Mark>{text.retired}</Mark>
                ) : (
                  <ActionButton onClick={() => retire.mutate({ ImageId })}>
                    {text.retire}
                  </ActionButton>
                ),
            },
          ]}
          items={found.data?.Images}
          keyOf={({ ImageId }) => ImageId}
          empty={text.empty}
          error={found.error}
          retry={found.refetch}
        />
        {isPublished && <PublishDialog onClose={() => setIsPublished(false)} />}
      </section>
      <VendorImages />
    </>
  );
}

function PublishDialog({ onClose }: { onClose(): void }) {
  const [ImageId, setImageId] = useState('');
  const [Name, setName] = useState('');
  const publish = useChange('imago', 'PublishProviderImage');
  return (
    <ActionDialog
      title={text.publish}
      action={text.publishNow}
      run={() => publish.mutateAsync({ ImageId, Name })}
      onClose={onClose}
    >
      <p>{text.publishMeans}</p>
      <Field label={text.columns.image} value={ImageId} onText={setImageId} required />
      <Field label={text.columns.name} value={Name} onText={setName} required />
    </ActionDialog>
  );
}
