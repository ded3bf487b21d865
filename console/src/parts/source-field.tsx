/** The id of a machine or a volume, be it there or gone; those that have backups are offered. */
import { useId } from 'preact/hooks';
import { useAction } from '../api/queries.ts';
import { Field } from './field.tsx';

interface Props {
  label: string;
  hint?: string;
  value: string;
  onText(text: string): void;
}

export const sourceTables = ['images', 'snapshots', 'instances', 'volumes'] as const;
/** What is offered while one types. */
export const newestOfEach = { NewestOnly: true, MaxResults: 100 };

/** Whether what is typed is one already. */
export const isSourceId = (text: string) => /^(i|vol)-[0-9a-f]{8,17}$/.test(text);

export function SourceField(props: Props) {
  const listId = useId();
  const asking = { tables: sourceTables } as const;
  const { data } = useAction('imago', 'ListBackups', newestOfEach, asking);
  return (
    <>
      <Field {...props} list={listId} spellcheck={false} autocomplete="off" />
      <datalist id={listId}>
        {data?.Backups.map(({ SourceId, SourceName }) => (
          <option key={SourceId} value={SourceId} label={SourceName} />
        ))}
      </datalist>
    </>
  );
}
