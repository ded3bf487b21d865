/**
 * Takes back what a build has made, step by step where it ends without an image, and once more where
 * that was given up.
 */
import { ServiceError } from '../../../api/service-error.ts';
import type { BuildRecipeInput } from '../../domain/imagebuilder/order-build.ts';
import type { StepContext } from '../task.ts';
import { type Machine, terminateMachine } from './build-machine.ts';
import { type Captured, removeImage } from './capture-build.ts';
import type { Copies } from './distribute-build.ts';

/** Of the outputs of steps those that say what is there. */
interface Made {
  launch: Machine;
  capture: Captured;
  launchTest: Machine | null;
  distribute: Copies;
}

type UndoContext = StepContext<BuildRecipeInput, Partial<Made>>;

/**
 * Where an undo was given up something is left. It is tried until nothing is, but for an image that
 * somebody has protected meanwhile.
 */
export async function leaveNothing(context: UndoContext): Promise<void> {
  const undone = [
    () => removeCopies(context),
    () => endMachine(context, made(context, 'launchTest')),
    () => removeCaptured(context),
    () => endMachine(context, made(context, 'launch')),
  ];
  for (const undo of undone) {
    await undo().catch((error) => {
      if (!(error instanceof ServiceError)) throw error;
      const { services, input } = context;
      services.log.error('something of a build is left', { build: input.buildArn, error });
    });
  }
}

/** What a step has left behind: its output once it is done, and until then its checkpoint. */
export function made<Name extends keyof Made>(
  { task, outputs }: UndoContext,
  name: Name,
): NonNullable<Made[Name]> | undefined {
  const isUnderWay = task.steps?.find((each) => !Object.hasOwn(outputs, each)) === name;
  const left = isUnderWay ? task.checkpoint : outputs[name];
  return (left ?? undefined) as NonNullable<Made[Name]> | undefined;
}

export async function removeCaptured(context: UndoContext): Promise<void> {
  await removeImage(context.services, context.signal, made(context, 'capture')?.imageId);
}

export async function removeCopies(context: UndoContext): Promise<void> {
  for (const imageId of Object.values(made(context, 'distribute') ?? {})) {
    await removeImage(context.services, context.signal, imageId);
  }
}

/** Of a build that is undone; one that failed may be kept to be looked at. */
export async function endMachine(
  context: UndoContext,
  machine: Machine | undefined,
): Promise<void> {
  const { task, input, services } = context;
  const build = await services.catalog.read(({ imageBuilds }) => imageBuilds.get(input.buildArn));
  const isCancelled = task.error?.code === 'Client.UserInitiated';
  if (build && !build.infrastructure.terminateInstanceOnFailure && !isCancelled) return;
  await terminateMachine(context, input.buildArn, machine);
}
