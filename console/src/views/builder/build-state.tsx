/** States of builds, workflows and steps, in Image Builder's words. */
import { Mark, type Tone } from '../../parts/mark.tsx';

const tones: Record<string, Tone> = {
  AVAILABLE: 'good',
  COMPLETED: 'good',
  ENABLED: 'good',
  FAILED: 'bad',
  ROLLBACK_COMPLETED: 'bad',
  CANCELLED: 'quiet',
  DELETED: 'quiet',
  DEPRECATED: 'quiet',
  DISABLED: 'quiet',
  SKIPPED: 'quiet',
};

export const hasEnded = (state: string | undefined) =>
  ['AVAILABLE', 'FAILED', 'CANCELLED', 'DELETED', 'DEPRECATED', 'DISABLED'].includes(state ?? '');

export function BuildState({ of = '' }: { of: string | undefined }) {
  return <Mark tone={tones[of] ?? 'busy'}>{of.toLowerCase().replaceAll('_', ' ')}</Mark>;
}
