/**
 * A host whose calls end: one that does not answer in time is given up with an error, so that a
 * task can try again or be undone and a guest be looked at again. What was given up may still
 * happen later; the contract of host.ts says so of every call that throws. An upload may take long,
 * but not be silent.
 */
import type { Host, UploadOptions, UploadRequest } from './host.ts';

export interface TimeLimits {
  callMs: number;
  /** Of `apply` and `remove`: many machines that start at once wait for each other. */
  machineMs: number;
  /** Between two signs of an upload's progress. */
  silenceMs: number;
}

/** Far above what calls take on a host that is loaded. */
const usualTimeLimits: TimeLimits = {
  callMs: 90_000,
  machineMs: 300_000,
  silenceMs: 300_000,
};

export class HostTimeoutError extends Error {
  override name = 'HostTimeoutError';
  constructor(call: string) {
    super(`the host did not answer to ${call} in time`);
  }
}

const machineCalls = ['apply', 'remove'] as const satisfies readonly (keyof Host)[];
const quickCalls = [
  'status',
  'powerDown',
  'reset',
  'resume',
  'forget',
  'pivot',
  'thaw',
  'layersOf',
  'syncLayers',
  'rebase',
  'removeLayers',
  'removeVolume',
  'measure',
] as const satisfies readonly (keyof Host)[];

export function withTimeLimits(host: Host, limits: TimeLimits = usualTimeLimits): Host {
  const limited = new Map<string | symbol, unknown>();
  for (const name of quickCalls) limited.set(name, inTime(host, name, limits.callMs));
  for (const name of machineCalls) limited.set(name, inTime(host, name, limits.machineMs));
  limited.set('upload', (request: UploadRequest, options?: UploadOptions) =>
    unlessSilent(host, request, options, limits.silenceMs),
  );
  return new Proxy(host, {
    get(target, name) {
      const own = limited.get(name);
      if (own) return own;
      const value = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

function inTime(host: Host, name: keyof Host, ms: number) {
  return async (...request: unknown[]) => {
    const call = Reflect.get(host, name) as (...request: unknown[]) => Promise<unknown>;
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new HostTimeoutError(name)), ms);
    try {
      return await Promise.race([call.apply(host, request), late.promise]);
    } finally {
      clearTimeout(timer);
    }
  };
}

async function unlessSilent(
  host: Host,
  request: UploadRequest,
  { onProgress, signal }: UploadOptions = {},
  ms: number,
) {
  const late = Promise.withResolvers<never>();
  const ended = new AbortController();
  const giveUp = (error: unknown) => {
    ended.abort(error);
    late.reject(error);
  };
  const timer = setTimeout(() => giveUp(new HostTimeoutError('upload')), ms);
  const stop = () => giveUp(signal?.reason);
  signal?.addEventListener('abort', stop, { once: true });
  try {
    if (signal?.aborted) stop();
    const upload = host.upload(request, {
      onProgress(...progress) {
        timer.refresh();
        onProgress?.(...progress);
      },
      signal: ended.signal,
    });
    return await Promise.race([upload, late.promise]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  }
}
