/**
 * A kind of thing, and the commands to it: a client makes things, changes its own, and looks at
 * anybody's. Somebody looks at what was changed.
 */
import type { EC2Client } from '@aws-sdk/client-ec2';
import fc from 'fast-check';
import { type Actor, pickOf, refused, type Thing, type World } from './world.ts';

export interface Kind<State> {
  name: string;
  /** How many one client has at most. */
  most: number;
  /** None, where it was refused as it should be. */
  make(actor: Actor, world: World, pick: number): Promise<Thing<State> | undefined>;
  changes: Readonly<Record<string, Change<State>>>;
  looks: readonly Look<State>[];
}

/** By the writer of a thing. */
export interface Change<State> {
  /** What it is then, or the code of the error that is answered. */
  becomes(state: State, by: By<State>): State | string;
  send(ec2: EC2Client, id: string, by: By<State>): Promise<unknown>;
}

interface By<State> {
  thing: Thing<State>;
  actor: Actor;
  world: World;
  pick: number;
}

/** By anybody, at one or several at once. */
export interface Look<State> {
  name: string;
  /** Absent: at one. */
  at?(things: readonly Thing<State>[], one: Thing<State>, reader: Actor): readonly Thing<State>[];
  /** By the ids of the things; what is not told is not there. */
  ask(things: readonly Thing<State>[], reader: Actor): Promise<ReadonlyMap<string, unknown>>;
  tells(state: State, thing: Thing<State>, reader: Actor): unknown;
}

export type Command = fc.AsyncCommand<Actor, World>;

export function command(
  name: string,
  run: (actor: Actor, world: World, pick: number) => Promise<void>,
  may: (actor: Actor, world: World) => boolean = () => true,
): fc.Arbitrary<Command> {
  return fc.nat().map((pick) => ({
    // What others have done meanwhile differs from run to run: `run` has to look once more.
    check: () => true,
    toString: () => `${name} ${pick}`,
    async run(actor, world) {
      if (!may(actor, world)) return;
      try {
        await run(actor, world, pick);
      } catch (error) {
        throw new Error(`client ${actor.number}, ${name} ${pick}: ${error}`, { cause: error });
      }
    },
  }));
}

export function commandsOf<State>(kind: Kind<State>): fc.Arbitrary<Command>[] {
  const ownOf = (world: World, actor: Actor) =>
    world.of<Thing<State>>(kind).filter(({ writer }) => writer === actor);
  const make = async (actor: Actor, world: World, pick: number) => {
    if (ownOf(world, actor).length >= kind.most) return undefined;
    const thing = await kind.make(actor, world, pick);
    if (thing) world.of<Thing<State>>(kind).push(thing);
    return thing;
  };
  const changes = Object.entries(kind.changes).map(([name, change]) =>
    command(`${name} ${kind.name}`, async (actor, world, pick) => {
      const own = ownOf(world, actor);
      const thing = own.length > 0 ? pickOf(own, pick) : await make(actor, world, pick);
      if (!thing) return;
      await changeOne(change, { thing, actor, world, pick });
      const look = pickOf(kind.looks, pick);
      await lookAt(look, world.of<Thing<State>>(kind), pickOf(world.actors, pick), thing);
    }),
  );
  const looks = kind.looks.map((look) =>
    command(
      `${look.name} ${kind.name}`,
      (actor, world, pick) => {
        const all = world.of<Thing<State>>(kind);
        return lookAt(look, all, actor, pickOf(all, pick));
      },
      (_, world) => world.of<Thing<State>>(kind).length > 0,
    ),
  );
  const made = command(`make ${kind.name}`, async (actor, world, pick) => {
    await make(actor, world, pick);
  });
  return [made, ...changes, ...looks];
}

async function changeOne<State>(change: Change<State>, by: By<State>): Promise<void> {
  const { id, known } = by.thing;
  const next = change.becomes(known.now, by);
  const send = () => change.send(by.actor.ec2, id, by);
  if (typeof next === 'string') await refused(id, send(), next);
  else await known.write(next, send);
}

async function lookAt<State>(
  look: Look<State>,
  all: readonly Thing<State>[],
  reader: Actor,
  one: Thing<State>,
): Promise<void> {
  const things = look.at?.(all, one, reader) ?? [one];
  const readings = things.map((thing) => [thing, thing.known.reading()] as const);
  const told = await look.ask(things, reader);
  for (const [thing, judge] of readings) {
    judge(thing.id, told.get(thing.id), (state) => look.tells(state, thing, reader));
  }
}

/** For things that are asked for by their ids, one at a time. */
export function byId<T>(
  ask: (id: string, reader: Actor) => Promise<T>,
): (things: readonly { id: string }[], reader: Actor) => Promise<Map<string, T>> {
  return async (things, reader) => {
    const told = new Map<string, T>();
    for (const { id } of things) told.set(id, await ask(id, reader));
    return told;
  };
}
