/** The option `--at`: a moment, of which the last backup before it is meant. */
import { CommandError } from './command-error.ts';
import { momentIn } from './moment.ts';

export function momentOf({ at }: { at?: string }): { At?: Date } {
  if (at === undefined) return {};
  const moment = momentIn(at);
  if (moment) return { At: moment };
  throw new CommandError(
    `--at ${at} is no date.`,
    'Write it as 2026-11-20, "2026-11-20 03:00" or 2026-11-20T03:00+01:00.',
    2,
  );
}
