/**
 * 64 clients at once, each with commands of its own at random, beside a model of what every answer
 * has to be. A failure names the seed and the path that run it again; as what comes first among
 * clients is not the seed's to say, it may need a few runs to show again.
 */
import fc from 'fast-check';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { boardCommands, checkBoards, createBoards } from './boards.ts';
import { images } from './images.ts';
import { type Command, commandsOf } from './kind.ts';
import { races } from './races.ts';
import { snapshots } from './snapshots.ts';
import { publishProduct, subscriptionCommands } from './subscriptions.ts';
import { groups, instances, keyPairs, templates } from './things.ts';
import { volumes } from './volumes.ts';
import { World } from './world.ts';

const clients = 64;
/** Each client is at some of them, so that it gets far, and at what all of its account change. */
const occupations: readonly fc.Arbitrary<Command>[][] = [
  commandsOf(images),
  commandsOf(images),
  commandsOf(images),
  commandsOf(snapshots),
  commandsOf(volumes),
  [...commandsOf(keyPairs), ...commandsOf(groups)],
  commandsOf(templates),
  [...commandsOf(instances), ...subscriptionCommands],
  races,
];

function ofClient(size: number) {
  const lists = occupations.map((commands) =>
    fc.commands([...commands, ...boardCommands], { maxCommands: size, size: 'max' }),
  );
  return fc.oneof(...lists);
}

export interface ModelRun {
  runs: number;
  /** How many commands there were, all in all. */
  commands: number;
}

/** Of each client `size` commands, or fewer; again and again with accounts of their own. */
export async function compareClients(
  runs: number,
  size: number,
  parameters: fc.Parameters<unknown> = {},
): Promise<ModelRun> {
  const imago = await ImagoProcess.start({
    hypervisor: 'simulated',
    home: await homeWith('micro'),
  });
  const all = fc.array(ofClient(size), { minLength: clients, maxLength: clients });
  let [worlds, commands] = [0, 0];
  try {
    const details = await fc.check(
      fc.asyncProperty(all, async (lists) => {
        worlds += 1;
        const world = await World.create(imago, `world-${worlds}`);
        await createBoards(world);
        await publishProduct(imago, world);
        const listOf = (number: number) => [...(lists[number] ?? [])];
        await Promise.all(
          world.actors.map((actor) => {
            const list = listOf(actor.number);
            commands += list.length;
            return fc.asyncModelRun(() => ({ model: actor, real: world }), list);
          }),
        );
        await checkBoards(world);
      }),
      { numRuns: runs, endOnFailure: true, ...parameters },
    );
    if (details.failed) {
      const { seed, counterexamplePath: path, errorInstance: cause } = details;
      throw new Error(`seed ${seed}, path "${path}": ${cause}`, { cause });
    }
    return { runs: details.numRuns, commands };
  } finally {
    await imago.dispose();
  }
}
