/** What a form asks for in other words, one of them at a time. */
import { useState } from 'preact/hooks';
import { common } from '../text/common.ts';

interface Props {
  label: string;
  /** How each is called, such as `aws-cli`, and what it is. */
  codes: readonly (readonly [name: string, code: string])[];
}

export function AsCode({ label, codes }: Props) {
  const [chosen, setChosen] = useState(0);
  const code = codes[chosen]?.[1] ?? '';
  return (
    <section class="as-code" aria-label={label}>
      <div class="actions">
        {codes.map(([name], index) => (
          <button
            key={name}
            type="button"
            aria-pressed={index === chosen}
            onClick={() => setChosen(index)}
          >
            {name}
          </button>
        ))}
        <button type="button" class="plain" onClick={() => navigator.clipboard.writeText(code)}>
          {common.copyShort}
        </button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and keys must reach it */}
      <pre tabIndex={0}>{code}</pre>
    </section>
  );
}
