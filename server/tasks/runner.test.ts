import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import type { Catalog } from '../catalog/catalog.ts';
import { createMemoryCatalog } from '../catalog/memory/memory-catalog.ts';
import type { TaskRow } from '../catalog/rows/task.ts';
import { randomIds, systemClock } from '../domain/identity.ts';
import { newTask } from '../domain/tasks.ts';
import { silentLog } from '../foundations/log.ts';
import { createTaskRunner, type StepHook, type StepMoment } from './runner.ts';
import { defineTask, type TaskDefinition, TaskFailure, type TaskServices } from './task.ts';

/**
 * The steps of these tests keep what they make here, as others keep files: it outlives a runner.
 */
interface World {
  made: Set<string>;
  /** Everything that ran, in order. */
  trace: string[];
}

interface Input {
  /** This step fails for good. */
  failsAt?: string;
}

interface Outputs {
  first: { number: number };
  second: string;
  third: null;
}

const hostId = 'h-0123456789abcdef0';
let catalog: Catalog;
let services: TaskServices;
let world: World;
beforeEach(() => {
  catalog = createMemoryCatalog();
  // The other services are for steps; these here use none of them.
  services = {
    catalog,
    clock: systemClock,
    ids: randomIds,
    log: silentLog,
    site: { hostId },
  } as TaskServices;
  world = { made: new Set(), trace: [] };
});

function threeSteps(): TaskDefinition {
  const begin = (name: string, { failsAt }: Input) => {
    world.trace.push(name);
    world.made.add(name);
    if (failsAt === name) throw new TaskFailure('Client.Wrong', `${name} is wrong`);
  };
  const undo = (name: string) => async () => {
    world.trace.push(`undo ${name}`);
    world.made.delete(name);
  };
  return defineTask<Input, Outputs>({
    kind: 'three-steps',
    steps: [
      {
        name: 'first',
        async run({ input }) {
          begin('first', input);
          return { number: 1 };
        },
        undo: undo('first'),
      },
      {
        name: 'second',
        async run({ input, outputs }) {
          begin('second', input);
          return `number ${outputs.first.number}`;
        },
        undo: undo('second'),
      },
      {
        name: 'third',
        async run({ input }) {
          begin('third', input);
          return null;
        },
        undo: undo('third'),
      },
    ],
    async failed(_context, reason) {
      world.trace.push(`failed ${reason.code}`);
    },
  });
}

async function addTask(change: Partial<TaskRow> = {}): Promise<string> {
  const order = { account: '111111111111', region: 'us-east-1', host: hostId, input: {} };
  const row = newTask({ ...order, kind: 'three-steps', subject: 'ami-1' }, services);
  await catalog.write(({ tasks }) => tasks.insert({ ...row, ...change }));
  return row.id;
}

function start(definition: TaskDefinition, onStep?: StepHook) {
  const definitions = [definition];
  const runner = createTaskRunner({ services, definitions, onStep, backOffMs: () => 1 });
  runner.start();
  return runner;
}

const storedTask = async (id: string) =>
  (await catalog.read(({ tasks }) => tasks.get(id))) as TaskRow;

/** A process that dies at this moment: nothing of its runner goes on. */
function diesAt(step: string, moment: StepMoment) {
  let died = () => {};
  const dead = new Promise<void>((resolve) => {
    died = resolve;
  });
  const onStep: StepHook = (_kind, atStep, atMoment) => {
    if (atStep !== step || atMoment !== moment) return undefined;
    died();
    return new Promise<never>(() => {});
  };
  return { dead, onStep };
}

test('steps run in the order in which they are written, each with the outputs before', async () => {
  const id = await addTask();
  const runner = start(threeSteps());
  const row = await runner.settled(id);
  assert.equal(row.state, 'succeeded');
  assert.deepEqual(row.outputs, { first: { number: 1 }, second: 'number 1', third: null });
  assert.deepEqual(row.steps, ['first', 'second', 'third']);
  assert.ok(row.finishedAt);
  assert.equal(row.step, undefined);
  assert.deepEqual(await storedTask(id), JSON.parse(JSON.stringify(row)));
  assert.deepEqual(world.trace, ['first', 'second', 'third']);
  await runner.stop();
});

test('a step that can never succeed: undone at once, its own undo first', async () => {
  const id = await addTask({ input: { failsAt: 'second' } });
  const runner = start(threeSteps());
  const row = await runner.settled(id);
  assert.equal(row.state, 'failed');
  assert.deepEqual(row.error, { code: 'Client.Wrong', message: 'second is wrong' });
  assert.deepEqual(world.trace, [
    'first',
    'second',
    'undo second',
    'undo first',
    'failed Client.Wrong',
  ]);
  await runner.stop();
});

describe('a process that dies', () => {
  for (const step of ['first', 'second', 'third']) {
    for (const moment of ['before', 'after'] as const) {
      test(`${moment} ${step}: the next one finishes the task`, async () => {
        const id = await addTask();
        const { dead, onStep } = diesAt(step, moment);
        start(threeSteps(), onStep);
        await dead;
        const runner = start(threeSteps());
        const row = await runner.settled(id);
        assert.equal(row.state, 'succeeded');
        const once = ['first', 'second', 'third'];
        const again = once.flatMap((name) => (name === step ? [name, name] : [name]));
        assert.deepEqual(world.trace, moment === 'after' ? again : once);
        await runner.stop();
      });
    }
    test(`before the undo of ${step}: the next one undoes the rest`, async () => {
      const id = await addTask({ input: { failsAt: 'third' } });
      const { dead, onStep } = diesAt(step, 'undo');
      start(threeSteps(), onStep);
      await dead;
      const runner = start(threeSteps());
      const row = await runner.settled(id);
      assert.equal(row.state, 'failed');
      assert.deepEqual(row.error, { code: 'Client.Wrong', message: 'third is wrong' });
      assert.deepEqual(world.made, new Set());
      assert.deepEqual(world.trace.slice(3), [
        'undo third',
        'undo second',
        'undo first',
        'failed Client.Wrong',
      ]);
      await runner.stop();
    });
  }
});

test('a process that died when all was undone: the next one tells the subject', async () => {
  const error = { code: 'Client.Wrong', message: 'third is wrong' };
  const id = await addTask({ state: 'undoing', outputs: { first: { number: 1 } }, error });
  const runner = start(threeSteps());
  assert.deepEqual((await runner.settled(id)).error, error);
  assert.deepEqual(world.trace, ['failed Client.Wrong']);
  await runner.stop();
});

test('tasks of a kind that this Imago does not know are left alone', async () => {
  const unknown = await addTask({ kind: 'of-the-future' });
  const runner = start(threeSteps());
  await runner.settled(await addTask({ subject: 'ami-2' }).finally(() => runner.wake()));
  assert.equal((await storedTask(unknown)).state, 'running');
  await runner.stop();
});

describe('failures', () => {
  interface Flaky {
    only: string;
  }
  const flaky = (failures: number, undoFailures = 0) =>
    defineTask<unknown, Flaky>({
      kind: 'three-steps',
      steps: [
        {
          name: 'only',
          async run() {
            world.trace.push('run');
            if (failures-- > 0) throw new Error('the connection to /secret/path was lost');
            return 'done';
          },
          async undo() {
            world.trace.push('undo');
            if (undoFailures-- > 0) throw new Error('undo');
          },
        },
      ],
      async failed() {
        world.trace.push('failed');
      },
    });

  test('an ordinary error is tried again', async () => {
    const id = await addTask();
    const runner = start(flaky(4));
    const row = await runner.settled(id);
    assert.equal(row.state, 'succeeded');
    assert.equal(row.error, undefined);
    assert.equal(world.trace.length, 5);
    await runner.stop();
  });

  test('five times and no more; the row tells nothing of the host', async () => {
    const id = await addTask();
    const runner = start(flaky(5));
    const row = await runner.settled(id);
    assert.equal(row.state, 'failed');
    assert.deepEqual(world.trace, ['run', 'run', 'run', 'run', 'run', 'undo', 'failed']);
    assert.equal(row.error?.code, 'Server.InternalError');
    assert.doesNotMatch(JSON.stringify(row), /secret/);
    await runner.stop();
  });

  test('an undo is tried again too, and given up in the end', async () => {
    const id = await addTask();
    const runner = start(flaky(5, 99));
    assert.equal((await runner.settled(id)).state, 'failed');
    assert.deepEqual(world.trace.slice(5), ['undo', 'undo', 'undo', 'undo', 'undo', 'failed']);
    await runner.stop();
  });
});

describe('several tasks', () => {
  interface Gated {
    wait: null;
  }
  /** Tasks that are under way, until the gate of their subject opens. */
  function gated() {
    const gates = new Map<string, () => void>();
    const definition = defineTask<unknown, Gated>({
      kind: 'three-steps',
      steps: [
        {
          name: 'wait',
          async run({ task, signal }) {
            world.trace.push(`start ${task.subject} ${task.input}`);
            await new Promise<void>((resolve, reject) => {
              gates.set(task.subject, resolve);
              signal.addEventListener('abort', () => reject(new Error('aborted')));
            });
            world.trace.push(`end ${task.subject} ${task.input}`);
            return null;
          },
        },
      ],
      async failed() {
        world.trace.push('failed');
      },
    });
    return { definition, gates };
  }
  const at = (second: number) => `2026-11-23T10:00:0${second}.000Z`;
  async function until(condition: () => boolean) {
    while (!condition()) await new Promise(setImmediate);
  }

  test('one at a time for a subject, in the order in which they came, whatever the clock said then; different subjects together', async () => {
    const { definition, gates } = gated();
    await addTask({ createdAt: at(2), input: 'sooner' });
    const later = await addTask({ createdAt: at(1), input: 'later' });
    const other = await addTask({ createdAt: at(3), input: 'other', subject: 'ami-2' });
    const runner = start(definition);
    await until(() => gates.size === 2);
    assert.deepEqual(world.trace, ['start ami-1 sooner', 'start ami-2 other']);
    gates.get('ami-2')?.();
    await runner.settled(other);
    gates.get('ami-1')?.();
    await until(() => world.trace.includes('start ami-1 later'));
    assert.ok(world.trace.indexOf('end ami-1 sooner') < world.trace.indexOf('start ami-1 later'));
    gates.get('ami-1')?.();
    assert.equal((await runner.settled(later)).state, 'succeeded');
    await runner.stop();
  });

  test('at most 256 are under way at once, and the others get their turn', async () => {
    const { definition, gates } = gated();
    const ids: string[] = [];
    for (let index = 0; index < 300; index++) ids.push(await addTask({ subject: `i-${index}` }));
    const runner = start(definition);
    await until(() => gates.size === 256);
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    assert.equal(gates.size, 256);
    for (const open of gates.values()) open();
    await until(() => gates.size === 300);
    for (const open of gates.values()) open();
    const rows = await Promise.all(ids.map((id) => runner.settled(id)));
    assert.ok(rows.every((row) => row.state === 'succeeded'));
    await runner.stop();
  });

  test('a wake finds new tasks', async () => {
    const runner = start(threeSteps());
    const id = await addTask();
    runner.wake();
    assert.equal((await runner.settled(id)).state, 'succeeded');
    await runner.stop();
  });

  test('a stop leaves the step to be run again', async () => {
    const { definition, gates } = gated();
    const id = await addTask({ input: 'x' });
    const first = start(definition);
    await until(() => gates.size === 1);
    await first.stop();
    const stopped = await storedTask(id);
    assert.deepEqual([stopped.state, stopped.step, stopped.attempts], ['running', 'wait', 0]);
    gates.clear();
    const second = start(definition);
    await until(() => gates.size === 1);
    gates.get('ami-1')?.();
    assert.equal((await second.settled(id)).state, 'succeeded');
    assert.deepEqual(world.trace, ['start ami-1 x', 'start ami-1 x', 'end ami-1 x']);
    await second.stop();
  });

  test('of finished tasks the newest 1000 are kept', async () => {
    const row = newTask(
      { kind: 'k', subject: 's', account: 'a', region: 'r', input: null },
      services,
    );
    await catalog.write(async ({ tasks }) => {
      for (let index = 0; index < 1010; index++) {
        const finishedAt = new Date(index * 1000).toISOString();
        const number = String(index).padStart(4, '0');
        await tasks.insert({ ...row, id: `task-${number}`, state: 'succeeded', finishedAt });
      }
      await tasks.insert({ ...row, id: 'task-unfinished' });
    });
    const runner = start(threeSteps());
    const left = () => catalog.read(({ tasks }) => tasks.list());
    while ((await left()).length > 1001) await new Promise(setImmediate);
    const rows = await left();
    assert.equal(rows[0]?.id, 'task-0010');
    assert.equal(rows.at(-1)?.id, 'task-unfinished');
    await runner.stop();
  });
});
