/** What is typed, once the fingers rest: for what is asked of the API as one types. */
import { useEffect, useState } from 'preact/hooks';

const restMs = 400;

/** `text` compares: a new value that says the same is not a change. */
export function useRested<Value>(value: Value, text = JSON.stringify(value)): Value {
  const [rested, setRested] = useState({ value, text });
  useEffect(() => {
    if (text === rested.text) return;
    const timer = setTimeout(() => setRested({ value, text }), restMs);
    return () => clearTimeout(timer);
  }, [text, rested.text]);
  return rested.value;
}
