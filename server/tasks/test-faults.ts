/** Doubles of any port that fail a call: before it is done, after it, or by never answering. */
import { withFaults } from './test-imago.ts';

export const faultKinds = [
  'throws',
  'performs and throws',
  'never answers',
  'performs and never answers',
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** The first `times` calls of `method` fail. `happened` says whether any did. */
export function failing<Port extends object>(
  method: keyof Port & string,
  kind: FaultKind,
  times: number,
): { wrap: (port: Port) => Port; happened: () => boolean } {
  let calls = 0;
  const wrap = withFaults<Port>((port) => {
    const call = Reflect.get(port, method) as (...request: unknown[]) => Promise<unknown>;
    const failingCall = async (...request: unknown[]) => {
      if (calls++ >= times) return call.apply(port, request);
      if (kind.startsWith('performs')) await close(await call.apply(port, request));
      if (kind.endsWith('never answers')) return new Promise(() => {});
      throw new Error(`${method} ${kind}`);
    };
    return { [method]: failingCall } as Partial<Port>;
  });
  return { wrap, happened: () => calls > 0 };
}

/** What nobody is given nobody would close. */
async function close(result: unknown): Promise<void> {
  await (result as Partial<AsyncDisposable> | undefined)?.[Symbol.asyncDispose]?.();
}
