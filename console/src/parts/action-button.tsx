/** A button that says why where it cannot be used: it stays in the order of focus, to be heard. */
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

interface Props {
  onClick(): void;
  children: ComponentChildren;
  /** Why not now. */
  because?: string | false;
  kind?: 'main' | 'danger' | 'plain';
}

export function ActionButton({ onClick, children, because, kind }: Props) {
  const id = useId();
  return (
    <>
      <button
        type="button"
        class={kind}
        aria-disabled={because ? true : undefined}
        aria-describedby={because ? id : undefined}
        title={because || undefined}
        onClick={() => !because && onClick()}
      >
        {children}
      </button>
      {because && (
        <span id={id} class="unseen">
          {because}
        </span>
      )}
    </>
  );
}
