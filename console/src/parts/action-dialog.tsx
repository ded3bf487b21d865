/**
 * A dialog that does one thing: its fields, what it is called, and the API's refusal in its own
 * words if there is one. It closes when the thing is done.
 */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { common } from '../text/common.ts';
import { AsCommand } from './as-command.tsx';
import { Dialog } from './dialog.tsx';
import { forgetting } from './forgetting.ts';
import { Problem } from './problem.tsx';

interface Props {
  title: string;
  /** What the button says, a verb. */
  action: string;
  isDangerous?: boolean;
  wide?: boolean;
  /** The same for aws-cli. */
  command?: string;
  onClose(): void;
  run(): Promise<unknown>;
  children?: ComponentChildren;
}

export function ActionDialog(props: Props) {
  const { title, action, isDangerous, wide, command, onClose, run, children } = props;
  const [isBusy, setIsBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const submit = async (event: Event) => {
    event.preventDefault();
    // A form around the dialog is not meant.
    event.stopPropagation();
    setIsBusy(true);
    setError(undefined);
    try {
      await run();
      onClose();
    } catch (refusal) {
      setError(refusal);
      setIsBusy(false);
    }
  };
  return (
    <Dialog title={title} onClose={onClose} wide={wide}>
      <form onSubmit={submit} {...forgetting(() => setError(undefined))}>
        {children}
        {command && <AsCommand text={command} />}
        {error !== undefined && <Problem error={error} />}
        <div class="actions">
          <button type="button" onClick={onClose}>
            {common.cancel}
          </button>
          <button type="submit" class={isDangerous ? 'danger' : 'main'} disabled={isBusy}>
            {isBusy ? common.busy : action}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
