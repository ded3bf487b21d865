/** What lists of imports and exports have alike. */
import { useState } from 'preact/hooks';
import { ActionButton } from '../../parts/action-button.tsx';
import type { Column } from '../../parts/list.tsx';
import { State } from '../../parts/mark.tsx';
import { transfersText as text } from '../../text/transfers.ts';
import { CancelDialog } from './cancel-dialog.tsx';

export interface Told {
  id: string | undefined;
  state: string | undefined;
  progress?: string;
  message?: string;
}

export const idColumn = <Task,>(told: (task: Task) => Told): Column<Task> => ({
  title: text.columns.id,
  cell: (task) => <code>{told(task).id}</code>,
});

export const stateColumns = <Task,>(told: (task: Task) => Told): Column<Task>[] => [
  {
    title: text.columns.state,
    cell: (task) => {
      const { state, progress, message } = told(task);
      return (
        <>
          <State of={state} /> {progress !== undefined && text.percent(progress)} {message}
        </>
      );
    },
  },
  { title: text.columns.actions, cell: (task) => <Cancel told={told(task)} /> },
];

function Cancel({ told: { id = '', state } }: { told: Told }) {
  const [isAsked, setIsAsked] = useState(false);
  return (
    <>
      <ActionButton because={state !== 'active' && text.over} onClick={() => setIsAsked(true)}>
        {text.cancel}
      </ActionButton>
      {isAsked && <CancelDialog id={id} onClose={() => setIsAsked(false)} />}
    </>
  );
}
