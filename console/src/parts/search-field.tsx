/** Asks as one types, once the fingers rest. */
import { useEffect, useState } from 'preact/hooks';

const restMs = 250;

interface Props {
  label: string;
  value: string;
  onSearch(text: string): void;
}

export function SearchField({ label, value, onSearch }: Props) {
  const [text, setText] = useState(value);
  // The address may have been changed by something else.
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => onSearch(text.trim()), restMs);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <input
      type="search"
      class="search"
      aria-label={label}
      placeholder={label}
      value={text}
      onInput={({ currentTarget }) => setText(currentTarget.value)}
    />
  );
}
