import assert from 'node:assert/strict';
import { test } from 'node:test';
import { QueryClient, QueryObserver } from '@tanstack/preact-query';
import { becomeStale } from './stale.ts';

/** A server whose answers are let go one by one; each says what was so when it was asked. */
function asked() {
  const queries = new QueryClient({
    defaultOptions: { queries: { retry: false, staleTime: Number.POSITIVE_INFINITY } },
  });
  const server = { state: 'pending', answers: [] as (() => void)[], calls: 0 };
  const queryFn = () => {
    const { state } = server;
    server.calls++;
    return new Promise<string>((resolve) => server.answers.push(() => resolve(state)));
  };
  const observer = new QueryObserver(queries, { queryKey: ['image'], queryFn });
  const end = observer.subscribe(() => undefined);
  const answer = async () => {
    server.answers.shift()?.();
    await new Promise(setImmediate);
  };
  return { queries, server, observer, answer, end };
}

test('a change that comes while the first answer is on its way is not missed', async () => {
  const { queries, server, observer, answer, end } = asked();
  server.state = 'available';
  const renewed = becomeStale(queries);
  await answer();
  assert.equal(observer.getCurrentResult().data, 'pending');
  await answer();
  await renewed;
  assert.equal(observer.getCurrentResult().data, 'available');
  end();
});

test('changes that come faster than answers break none off, and are one question more', async () => {
  const { queries, server, observer, answer, end } = asked();
  await answer();
  for (const state of ['a', 'b', 'c']) {
    server.state = state;
    void becomeStale(queries);
  }
  await answer();
  assert.equal(observer.getCurrentResult().data, 'a');
  await answer();
  assert.deepEqual([observer.getCurrentResult().data, server.calls], ['c', 3]);
  end();
});

test('an answer that did not come is asked for again, too', async () => {
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  let calls = 0;
  const queryFn = async () => {
    await new Promise(setImmediate);
    if (calls++ === 0) throw new Error('refused');
    return 'there';
  };
  const observer = new QueryObserver(queries, { queryKey: ['image'], queryFn });
  const end = observer.subscribe(() => undefined);
  await becomeStale(queries);
  assert.equal(observer.getCurrentResult().data, 'there');
  end();
});
