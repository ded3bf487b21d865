/**
 * The token of what is asked for, the same as long as that is the same: what was done, and whose
 * answer was lost, is not done twice when it is asked for again.
 */
import { useMemo } from 'preact/hooks';

export function useClientToken(request: unknown): string {
  const text = JSON.stringify(request);
  return useMemo(() => crypto.randomUUID(), [text]);
}
