/** A small drawn sign of a system: two letters, none of anybody's trademarks. */
import type { System } from './system.ts';

export function SystemSign({ system: { name, short } }: { system: System }) {
  return (
    <svg class="system" viewBox="0 0 26 22" role="img" aria-label={name}>
      <title>{name}</title>
      <rect x="0.5" y="0.5" width="25" height="21" rx="5" />
      <text x="13" y="15">
        {short}
      </text>
    </svg>
  );
}
