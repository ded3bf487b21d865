/**
 * A host whose calls end: one that does not answer in time is given up with an error, so that a
 * task can try again or be undone and a guest be looked at again. What was given up may still
 * happen later; the contract of host.ts says so of every call that throws. An upload may take long,
 * but not be silent.
 */
import { unlessSilent } from '../foundations/silence.ts';
import type { Host, PlainBase, UploadOptions, UploadRequest } from './host.ts';

export interface TimeLimits {
  callMs: number;
  /** Of `apply` and `remove`: many machines that start at once wait for each other. */
  machineMs: number;
  /** Between two signs of an upload's progress. */
  silenceMs: number;
}

/** Far above what calls take on a host that is loaded. */
export const usualTimeLimits: TimeLimits = {
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
  'readLayers',
  'rebase',
  'takeBack',
  'releasePlain',
  'plainBases',
  'removeLayers',
  'removeVolume',
  'measure',
  'usage',
  'belongings',
  'consoleOutput',
  'screenshot',
  'answersSsh',
  'beginCommand',
  'commandState',
  'endCommand',
  'uefiVariables',
  'secureBootKeys',
] as const satisfies readonly (keyof Host)[];

export function withTimeLimits(host: Host, limits: TimeLimits = usualTimeLimits): Host {
  const limited = new Map<string | symbol, unknown>();
  for (const name of quickCalls) limited.set(name, limit(host, name, limits.callMs));
  for (const name of machineCalls) limited.set(name, limit(host, name, limits.machineMs));
  for (const name of ['console', 'screen'] as const) {
    limited.set(name, openingOf(host, name, limits.callMs));
  }
  limited.set('upload', (request: UploadRequest, options?: UploadOptions) =>
    untilSilent('upload', (sign) => host.upload(request, sign), options, limits.silenceMs),
  );
  limited.set('keepPlain', (base: PlainBase, options?: UploadOptions) =>
    untilSilent('keepPlain', (sign) => host.keepPlain(base, sign), options, limits.silenceMs),
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

function openingOf(host: Host, name: 'console' | 'screen', ms: number) {
  return async (instanceId: string) => {
    const opening = host[name](instanceId);
    try {
      return await inTime(() => opening, name, ms);
    } catch (error) {
      // One that is there after all would stay open, with nobody at it.
      opening.then(
        (connection) => connection.destroy(),
        () => {},
      );
      throw error;
    }
  };
}

function limit(host: Host, name: keyof Host, ms: number) {
  const call = Reflect.get(host, name) as (...request: unknown[]) => Promise<unknown>;
  return (...request: unknown[]) => inTime(() => call.apply(host, request), name, ms);
}

async function inTime<T>(call: () => Promise<T>, name: string, ms: number): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new HostTimeoutError(name)), ms);
  try {
    return await Promise.race([call(), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function untilSilent<T>(
  name: keyof Host,
  call: (options: UploadOptions) => Promise<T>,
  { onProgress: tell, signal }: UploadOptions = {},
  silenceMs: number,
): Promise<T> {
  return unlessSilent(
    ({ onProgress, signal: ended }) =>
      call({
        onProgress(...progress) {
          onProgress();
          tell?.(...progress);
        },
        signal: ended,
      }),
    { silenceMs, signal, silent: () => new HostTimeoutError(name) },
  );
}
