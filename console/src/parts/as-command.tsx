/** The same as a command, for who wants to write it down. */
import { common } from '../text/common.ts';

export function AsCommand({ text }: { text: string }) {
  return (
    <details class="as-code">
      <summary>{common.asCommand}</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and keys must reach it */}
      <pre tabIndex={0}>{text}</pre>
    </details>
  );
}
