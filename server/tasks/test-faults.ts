/** Doubles of any port that fail a call: before it is done, after it, or by never answering. */
import type { Catalog, CatalogTransaction } from '../catalog/catalog.ts';
import { noticeChanges } from '../catalog/changes.ts';
import { withFaults } from './test-imago.ts';

export const faultKinds = [
  'throws',
  'performs and throws',
  'never answers',
  'performs and never answers',
] as const;
export type FaultKind = (typeof faultKinds)[number];

export interface Double<Port> {
  wrap: (port: Port) => Port;
  /** Whether any call failed. */
  happened: () => boolean;
  /**
   * Calls that were never answered fail now, so that whoever waits for them lets go of what it
   * holds.
   */
  end: () => void;
}

/** The first `times` calls of `method` fail, of those that are made once it `isArmed`. */
export function failing<Port extends object>(
  method: keyof Port,
  kind: FaultKind,
  times: number,
  isArmed = () => true,
): Double<Port> {
  const hanging: PromiseWithResolvers<never>[] = [];
  let calls = 0;
  const wrap = withFaults<Port>((port) => {
    const call = Reflect.get(port, method) as (...request: unknown[]) => Promise<unknown>;
    const failingCall = async (...request: unknown[]) => {
      if (!isArmed() || calls++ >= times) return call.apply(port, request);
      if (kind.startsWith('performs')) await close(await call.apply(port, request));
      if (!kind.endsWith('never answers')) throw new Error(`${String(method)} ${kind}`);
      const answer = Promise.withResolvers<never>();
      hanging.push(answer);
      return answer.promise;
    };
    return { [method]: failingCall } as Partial<Port>;
  });
  const end = () => {
    for (const { reject } of hanging) reject(new Error(`${String(method)} has ended`));
  };
  return { wrap, happened: () => calls > 0, end };
}

/** What nobody is given nobody would close. */
async function close(result: unknown): Promise<void> {
  await (result as Partial<AsyncDisposable> | undefined)?.[Symbol.asyncDispose]?.();
}

export interface WritesToFail {
  /** Of the runner, which records in the tasks' rows and in no others, or of anybody else. */
  of: 'runner' | 'others';
  /** So many are done before. */
  after?: number;
}

/** Writes fail that are made once it `isArmed`: rolled back, or done and told as failed. */
export function failingWrites(
  { of, after = 0 }: WritesToFail,
  kind: FaultKind,
  times: number,
  isArmed = () => true,
): Double<Catalog> {
  let calls = 0;
  const check = (tables: readonly string[]) => {
    const isRecord = tables.length > 0 && tables.every((name) => name === 'tasks');
    if (!isArmed() || isRecord !== (of === 'runner')) return;
    calls++;
    if (calls > after && calls <= after + times) throw new Error(`the write ${kind}`);
  };
  const wrap = withFaults<Catalog>((catalog) => ({
    async write(work) {
      let tables: string[] = [];
      const result = await catalog.write(async (transaction) => {
        const noticed = noticeChanges(within(catalog, transaction), (changes) => {
          tables = [...changes.keys()];
        });
        const done = await noticed.write(work);
        if (kind === 'throws') check(tables);
        return done;
      });
      if (kind === 'performs and throws') check(tables);
      return result;
    },
  }));
  return { wrap, happened: () => calls > after, end: () => {} };
}

function within(catalog: Catalog, transaction: CatalogTransaction): Catalog {
  return {
    read: (work) => catalog.read(work),
    write: (work) => work(transaction),
    close: () => catalog.close(),
  };
}
