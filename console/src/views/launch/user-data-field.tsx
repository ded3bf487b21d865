/**
 * What the guest is told at its first boot. The coloured text lies under a text area whose own text
 * is not seen: so it is the browser's editor, with all that people are used to.
 */
import '../../styles/editor.css';
import { useId, useRef } from 'preact/hooks';
import { launchText as text } from '../../text/launch.ts';
import { coloured } from './cloud-config.ts';

interface Props {
  value: string;
  onChange(userData: string): void;
}

const lines = 8;

export function UserDataField({ value, onChange }: Props) {
  const id = useId();
  const under = useRef<HTMLPreElement>(null);
  return (
    <div class="field">
      <label for={id}>{text.userData}</label>
      <div class="editor">
        <pre ref={under} aria-hidden="true">
          {coloured(value).map(({ kind, text: piece }, index) => (
            <span key={index} class={kind}>
              {piece}
            </span>
          ))}
          {'\n'}
        </pre>
        <textarea
          id={id}
          rows={lines}
          spellcheck={false}
          placeholder={text.userDataExample}
          value={value}
          onInput={({ currentTarget }) => onChange(currentTarget.value)}
          onScroll={({ currentTarget }) => {
            if (under.current) under.current.scrollTop = currentTarget.scrollTop;
          }}
        />
      </div>
    </div>
  );
}
