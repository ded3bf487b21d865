/** What there is to say about a thing, name by name. */
import type { ComponentChildren } from 'preact';
import { common } from '../text/common.ts';

export function Facts({ of }: { of: readonly (readonly [string, ComponentChildren])[] }) {
  return (
    <dl class="facts">
      {of.map(([name, value]) => [
        <dt key={name}>{name}</dt>,
        <dd key={`${name} value`}>{value === undefined || value === '' ? common.none : value}</dd>,
      ])}
    </dl>
  );
}
