/**
 * How long a guest stood still. The host sees no more than when it asked for the freeze and when
 * the thaw was answered, and hooks of the guest run between the two while it still writes. The hook
 * of the provider's images notes, by the guest's clock, when the last of them was done before the
 * freeze and when the first was to begin after it. A guest without that hook notes nothing: then
 * what the host measured is what is told.
 */
import type { GuestPause } from '../hypervisor.ts';
import type { GuestAgent } from './guest-agent.ts';

/** What server/provider-images/freeze-hook writes: two times in nanoseconds, of one clock. */
const noteFile = '/run/fsfreeze-hook/pause';
const notePattern = /^(\d{1,18}) (\d{1,18})\n$/;
const noteMaxBytes = 64;
/** The guest runs already, but its capture waits. */
const noteLimitMs = 2000;

export interface MeasuredPause {
  /** From before the freeze was asked for until its end was told. */
  measuredMs: number;
  /** Of that, from when the freeze was told of until the thaw was asked for. */
  frozenMs: number;
}

/** The guest is believed within what the host saw itself. */
export async function guestPause(
  agent: GuestAgent,
  { measuredMs, frozenMs }: MeasuredPause,
): Promise<GuestPause> {
  const noted = await notedMs(agent);
  if (noted === undefined) return { pauseMs: measuredMs };
  const pauseMs = Math.min(measuredMs, Math.max(frozenMs, noted));
  return { pauseMs, hooksMs: measuredMs - pauseMs };
}

async function notedMs(agent: GuestAgent): Promise<number | undefined> {
  const note = await agent.read(noteFile, noteMaxBytes, noteLimitMs).catch(() => undefined);
  const [, from, to] = notePattern.exec(note?.toString('latin1') ?? '') ?? [];
  if (from === undefined || to === undefined) return undefined;
  const ns = BigInt(to) - BigInt(from);
  return ns < 0n ? undefined : Number(ns) / 1e6;
}
