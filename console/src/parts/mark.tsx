/** A word about a thing, with a colour that repeats what it says. */
import type { ComponentChildren } from 'preact';

export type Tone = 'good' | 'busy' | 'bad' | 'quiet';

export function Mark({ tone = 'quiet', children }: { tone?: Tone; children: ComponentChildren }) {
  return <span class={`mark ${tone}`}>{children}</span>;
}

const tones: Record<string, Tone> = {
  ...{ available: 'good', running: 'good', completed: 'good', 'in-use': 'good', ok: 'good' },
  ...{ attached: 'good', initializing: 'busy', impaired: 'bad' },
  ...{ succeeded: 'good', active: 'good', Active: 'good' },
  ...{ ENABLED: 'good', ERROR: 'bad', Enabled: 'good', PendingDeletion: 'bad', converting: 'busy' },
  ...{ 'archival-in-progress': 'busy', 'archival-completed': 'good', 'archival-failed': 'bad' },
  ...{ enabled: 'good', enabling: 'busy', optimizing: 'busy', disabling: 'busy' },
  ...{ pending: 'busy', stopping: 'busy', 'shutting-down': 'busy', creating: 'busy' },
  ...{ attaching: 'busy', detaching: 'busy', busy: 'bad' },
  ...{ deleting: 'busy', 'in-progress': 'busy', undoing: 'busy' },
  ...{ failed: 'bad', error: 'bad', 'failed-detached': 'bad' },
};

/** A state of EC2's, in EC2's word. */
export function State({ of }: { of: string | undefined }) {
  return <Mark tone={tones[of ?? ''] ?? 'quiet'}>{of ?? '–'}</Mark>;
}
