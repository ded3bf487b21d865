/**
 * What is kept of results: it comes back as it was made, from memory and from files, what is torn
 * is made again, and a large one holds nobody else up while it is kept or read.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { KeptResults } from './kept-results.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'kept-'));
});
after(async () => {
  await rm(folder, { recursive: true });
});

const asFile = { inMemory: false };
const never = () => Promise.reject(new Error('it is made again'));

const results: Record<string, unknown> = {
  'members and lists': {
    same: false,
    none: [],
    files: Array.from({ length: 1000 }, (_, at) => ({ path: `/a\n${at}`, at })),
    inner: { list: [[1], [2]] },
    nothing: null,
  },
  'a list': Array.from({ length: 129 }, (_, at) => `é${at}`),
  'an empty list': [],
  'an empty object': {},
  'a text': 'text',
  nothing: null,
};

for (const [what, result] of Object.entries(results)) {
  test(`${what} comes back from memory, and from its file for another`, async () => {
    const first = new KeptResults(folder);
    assert.deepEqual(await first.get([what], asFile, async () => result), result);
    assert.deepEqual(await first.get([what], asFile, never), result);
    await first.settled();
    assert.deepEqual(await new KeptResults(folder).get([what], asFile, never), result);
  });
}

test('what is torn is made again', async () => {
  const kept = new KeptResults(folder);
  await kept.get(['torn'], asFile, async () => ['whole']);
  await kept.settled();
  for (const name of await readdir(folder)) {
    const file = path.join(folder, name);
    const bytes = await readFile(file);
    await writeFile(file, bytes.subarray(0, bytes.length - 1));
  }
  const again = await new KeptResults(folder).get(['torn'], asFile, async () => ['again']);
  assert.deepEqual(again, ['again']);
});

test('nobody is held up for as long as a large one takes to be written and read', async () => {
  const large = {
    files: Array.from({ length: 20_000 }, (_, at) => ({
      path: `/usr/share/doc/package/file-${at}`,
      before: { kind: 'file', mode: '0644', uid: 0, gid: 0, sizeBytes: at },
      after: { kind: 'file', mode: '0644', uid: 0, gid: 0, sizeBytes: at + 1 },
    })),
  };
  const [writing, reading, whole]: number[][] = [[], [], []];
  for (let round = 0; round < 5; round++) {
    const kept = new KeptResults(folder);
    const name = [`large ${round}`];
    writing?.push(
      await longestMs(async () => {
        await kept.get(name, asFile, async () => large);
        await kept.settled();
      }),
    );
    const other = new KeptResults(folder);
    reading?.push(await longestMs(() => other.get(name, asFile, never)));
    whole?.push(await longestMs(async () => JSON.parse(JSON.stringify(large))));
  }
  const [write = 0, read = 0, atOnce = 0] = [writing, reading, whole].map((each) =>
    Math.min(...(each ?? [])),
  );
  assert.ok(write < atOnce / 3, `${write} ms of computing without a turn, and ${atOnce} at once`);
  assert.ok(read < atOnce / 3, `${read} ms of computing without a turn, and ${atOnce} at once`);
});

/** What this thread computed at most from one turn of its loop to the next. */
async function longestMs(work: () => Promise<unknown>): Promise<number> {
  let longest = 0;
  let isDone = false;
  const watch = (async () => {
    for (let last = cpuMs(); !isDone; ) {
      await turn();
      const now = cpuMs();
      longest = Math.max(longest, now - last);
      last = now;
    }
  })();
  await turn();
  await work();
  isDone = true;
  await watch;
  return longest;
}

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
