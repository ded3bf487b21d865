/** Drills, of one backup or of all. */
import type { Input } from '../../api/wire.ts';
import { useFirstPages } from '../../parts/use-first-pages.ts';
import type { Drill } from './drill.ts';

export function useDrills(of: Input<'imago', 'DescribeDrills'>) {
  const { items: drills, ...found } = useFirstPages('imago', 'DescribeDrills', of, {
    tables: ['drills'],
    itemsOf: ({ Drills }): Drill[] => Drills,
  });
  return { drills, ...found };
}
