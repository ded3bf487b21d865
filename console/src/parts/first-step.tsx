/** Where a list is empty: what to do first, and the same as a command. */
import type { ComponentChildren } from 'preact';

interface Props {
  says: string;
  command: string;
  /** Such as a link to where it is done. */
  children?: ComponentChildren;
}

export function FirstStep({ says, command, children }: Props) {
  return (
    <>
      <p>{says}</p>
      <p>
        <code>{command}</code>
      </p>
      {children}
    </>
  );
}
