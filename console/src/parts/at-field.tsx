/** A field, and under it what the API refused of it, where the refusal is about that field. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Problem } from './problem.tsx';

interface Props {
  isAbout: boolean;
  error: unknown;
  /** It comes into sight: for what was refused when it was asked for, not while one types. */
  isSought?: boolean;
  children: ComponentChildren;
}

export function AtField({ isAbout, error, isSought = false, children }: Props) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (isAbout && isSought) place.current?.scrollIntoView({ block: 'nearest' });
  }, [isAbout, isSought, error]);
  return (
    <div ref={place} class={isAbout ? 'refused' : undefined}>
      {children}
      {isAbout && <Problem error={error} />}
    </div>
  );
}
