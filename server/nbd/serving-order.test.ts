import assert from 'node:assert/strict';
import { test } from 'node:test';
import { quantum, ServingOrder, type Waiting } from './serving-order.ts';

/** Asks for so many things of the same cost, and writes down when it has each. */
class Guest implements Waiting {
  had = Number.NEGATIVE_INFINITY;
  left = 0;
  readonly #served: string[];
  readonly #name: string;
  readonly #cost: number;

  constructor(name: string, cost: number, served: string[]) {
    this.#name = name;
    this.#cost = cost;
    this.#served = served;
  }

  get isReady(): boolean {
    return this.left > 0;
  }

  serve(): number {
    this.left--;
    this.#served.push(this.#name);
    return this.#cost;
  }
}

async function allServed(guests: readonly Guest[]): Promise<void> {
  while (guests.some(({ isReady }) => isReady)) await new Promise(setImmediate);
}

test('each has as much as the others of what it costs, whatever it asks at a time', async () => {
  const served: string[] = [];
  const order = new ServingOrder();
  const small = new Guest('small', quantum / 8, served);
  const large = new Guest('large', quantum, served);
  for (const guest of [small, large]) {
    guest.left = 800;
    order.add(guest);
  }
  while (small.isReady) await new Promise(setImmediate);
  const meanwhile = served.slice(0, served.lastIndexOf('small'));
  const larges = meanwhile.filter((name) => name === 'large').length;
  assert.ok(Math.abs(larges - 100) <= 1, `${larges}`);
  await allServed([large]);
});

test('who asks now and then waits for one other at most, however many are greedy', async () => {
  const served: string[] = [];
  const order = new ServingOrder();
  const greedy = Array.from({ length: 15 }, (_, i) => new Guest(`greedy ${i}`, quantum, served));
  for (const guest of greedy) {
    guest.left = 100;
    order.add(guest);
  }
  const one = new Guest('one', quantum / 16, served);
  for (let asks = 0; asks < 50; asks++) {
    // Heard where the event loop hears of requests: between two turns.
    await new Promise(setImmediate);
    one.left = 1;
    order.add(one);
    const before = served.length;
    while (one.isReady) await new Promise(setImmediate);
    const waited = served.indexOf('one', before) - before;
    assert.ok(waited <= 1, `it came after ${waited} others`);
  }
  await allServed(greedy);
});

test('who has not asked for long has saved up nothing', async () => {
  const served: string[] = [];
  const order = new ServingOrder();
  const [early, late] = [new Guest('early', quantum, served), new Guest('late', quantum, served)];
  early.left = 200;
  order.add(early);
  while (early.left > 100) await new Promise(setImmediate);
  late.left = 100;
  order.add(late);
  await allServed([early, late]);
  const begun = served.indexOf('late');
  const half = served.slice(begun, begun + 40).filter((name) => name === 'late').length;
  assert.ok(Math.abs(half - 20) <= 1, `${half} of 40`);
});
