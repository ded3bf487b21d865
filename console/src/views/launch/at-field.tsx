/** A field, and under it what the API refused of it. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Problem } from '../../parts/problem.tsx';
import { type FieldName, fieldOf } from './field-of.ts';

interface Props {
  name: FieldName;
  error: unknown;
  children: ComponentChildren;
}

export function AtField({ name, error, children }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const isAbout = fieldOf(error) === name;
  useEffect(() => {
    if (isAbout) place.current?.scrollIntoView({ block: 'nearest' });
  }, [isAbout, error]);
  return (
    <div ref={place}>
      {children}
      {isAbout && <Problem error={error} />}
    </div>
  );
}
