/** How loud a finding is. */
import type { Tone } from '../../parts/mark.tsx';

const tones: Record<string, Tone> = { critical: 'bad', high: 'bad', medium: 'busy' };

export const severityTone = (label: string): Tone => tones[label] ?? 'quiet';
