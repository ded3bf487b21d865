/**
 * An image of Image Builder: a machine of the parent is changed by components, captured, and the
 * image tested on a machine of its own. Until the last step nobody is told of an image; whatever
 * ends the build before that leaves none, and no machine, unless the configuration wants to keep
 * one that failed.
 *
 *   launch, build, validate, sanitize   on the machine that is built on (recipe-build/)
 *   stop, capture, terminate            it becomes an image
 *   launchTest, test, terminateTest     a machine of the image, where there is anything to test
 *   distribute, publish                 copies, and what is told of them all at once
 */
import type { ImageBuildRow } from '../catalog/rows/image-build.ts';
import type { BuildRecipeInput } from '../domain/imagebuilder/order-build.ts';
import { BuildLog } from './recipe-build/build-log.ts';
import {
  launchMachine,
  type Machine,
  stopMachine,
  terminateMachine,
} from './recipe-build/build-machine.ts';
import {
  buildFailed,
  changeBuild,
  requiredBuild,
  stepBegan,
  stepEnded,
  type ToldStep,
} from './recipe-build/build-row.ts';
import { type Captured, captureBuild } from './recipe-build/capture-build.ts';
import { type Copies, distributeBuild } from './recipe-build/distribute-build.ts';
import { MachineShell } from './recipe-build/machine-shell.ts';
import { publishBuild } from './recipe-build/publish-build.ts';
import { type ComponentOutputs, hasPhase, runComponents } from './recipe-build/run-components.ts';
import { sanitizeScript } from './recipe-build/sanitize.ts';
import {
  endMachine,
  leaveNothing,
  made,
  removeCaptured,
  removeCopies,
} from './recipe-build/undo-build.ts';
import { defineTask, type Step, type StepContext, TaskFailure } from './task.ts';

interface Outputs {
  launch: Machine;
  build: ComponentOutputs;
  validate: ComponentOutputs;
  sanitize: null;
  stop: null;
  capture: Captured;
  terminate: null;
  /** Null: there is nothing to test. */
  launchTest: Machine | null;
  test: null;
  terminateTest: null;
  distribute: Copies;
  publish: null;
}

type Context = StepContext<BuildRecipeInput, Outputs>;

const usualFolder = '/tmp';
const sanitizeSeconds = 600;
const osVersionMaxChars = 256;

export const buildRecipe = defineTask<BuildRecipeInput, Outputs>({
  kind: 'build-recipe',
  steps: [
    {
      name: 'launch',
      ...told('launch', async (context, build, log) => {
        log.tell(`Building ${build.id} on ${build.parentImageId}`);
        const machine = await launchMachine(context, build, {
          imageId: build.parentImageId,
          isTest: false,
        });
        await shellOf(context, build, machine).ready();
        log.tell(`The instance ${machine.instanceId} is ready`);
        return machine;
      }),
      undo: (context) => endMachine(context, made(context, 'launch')),
    },
    {
      name: 'build',
      ...told('build', async (context, build, log) => {
        const shell = shellOf(context, build, context.outputs.launch);
        await settle(context, shell, log);
        await tellSystem(context, build, shell);
        return runComponents(context, { build, phase: 'build', outputs: {}, shell, log });
      }),
    },
    {
      name: 'validate',
      ...told('validate', (context, build, log) => {
        const { launch, build: outputs } = context.outputs;
        const shell = shellOf(context, build, launch);
        return runComponents(context, { build, phase: 'validate', outputs, shell, log });
      }),
    },
    {
      name: 'sanitize',
      ...told('sanitize', async (context, build, log) => {
        const shell = shellOf(context, build, context.outputs.launch);
        // A component may have rebooted the machine, and it works at each boot.
        await settle(context, shell, log);
        const outcome = await shell.run({
          id: `${context.task.id}-sanitize`,
          argv: ['sh', '-c', sanitizeScript],
          timeoutSeconds: sanitizeSeconds,
          onOutput: (text) => log.write(text),
        });
        if (outcome.kind === 'ended' && outcome.exitCode === 0) return null;
        const code = 'Server.SanitizeFailed';
        throw new TaskFailure(code, `${code}: the machine could not be cleaned for its image.`);
      }),
    },
    {
      name: 'stop',
      async run(context) {
        await stopMachine(context, context.outputs.launch);
        return null;
      },
    },
    {
      name: 'capture',
      ...told('capture', async (context, build, log) => {
        const captured = await captureBuild(context, build, context.outputs.launch);
        log.tell(`The image ${captured.imageId} is captured`);
        return captured;
      }),
      undo: removeCaptured,
    },
    {
      name: 'terminate',
      ...told('terminate', async (context, build) => {
        await terminateMachine(context, build.id, context.outputs.launch);
        return null;
      }),
    },
    {
      name: 'launchTest',
      ...told('launchTest', async (context, build, log) => {
        const { imageId } = context.outputs.capture;
        if (!build.tests.enabled || !(await hasPhase(context, build, 'test'))) return null;
        const machine = await launchMachine(context, build, { imageId, isTest: true });
        await shellOf(context, build, machine).ready();
        log.tell(`The instance ${machine.instanceId} of the image is ready`);
        return machine;
      }),
      undo: (context) => endMachine(context, made(context, 'launchTest')),
    },
    {
      name: 'test',
      ...told('test', async (context, build, log) => {
        const { launchTest, validate: outputs } = context.outputs;
        if (!launchTest) return null;
        const shell = shellOf(context, build, launchTest);
        await settle(context, shell, log);
        await runComponents(context, { build, phase: 'test', outputs, shell, log });
        return null;
      }),
    },
    {
      name: 'terminateTest',
      ...told('terminateTest', async (context, build) => {
        const { launchTest } = context.outputs;
        if (launchTest) await terminateMachine(context, build.id, launchTest);
        return null;
      }),
    },
    {
      name: 'distribute',
      ...told('distribute', (context, build, log) =>
        distributeBuild(context, build, context.outputs.capture, log),
      ),
      undo: removeCopies,
    },
    {
      name: 'publish',
      async run(context) {
        const { outputs, input, services, task } = context;
        const build = await requiredBuild(services.catalog, input.buildArn);
        await publishBuild(context, build, outputs.capture, outputs.distribute);
        const log = await BuildLog.open(services.home, task.id, services.clock);
        log.tell('The image is available');
        await log.flush();
        return null;
      },
    },
  ],
  async failed(context, reason) {
    const { task, input, services } = context;
    const log = await BuildLog.open(services.home, task.id, services.clock);
    log.tell(`The build ended without an image: ${reason.message}`);
    await log.flush();
    await services.catalog.write((transaction) =>
      changeBuild(transaction, input.buildArn, (row) =>
        buildFailed(row, reason, services.clock.now()),
      ),
    );
    await leaveNothing(context);
  },
});

/** A step that the row of the build, and its log, tell of. */
function told<Output>(
  name: ToldStep,
  run: (context: Context, build: ImageBuildRow, log: BuildLog) => Promise<Output>,
): Pick<Step<BuildRecipeInput, Outputs, Output>, 'run'> {
  return {
    async run(context) {
      const { task, input, services } = context;
      const { catalog, clock, home } = services;
      const tell = (change: (row: ImageBuildRow) => ImageBuildRow) =>
        catalog.write((transaction) => changeBuild(transaction, input.buildArn, change));
      await tell((row) => stepBegan(row, name, clock.now()));
      const log = await BuildLog.open(home, task.id, clock);
      try {
        const output = await run(context, await requiredBuild(catalog, input.buildArn), log);
        const isSkipped = output === null && context.outputs.launchTest === null;
        const isOfTest = name === 'test' || name === 'terminateTest';
        const status =
          (isSkipped && isOfTest) || (name === 'launchTest' && output === null)
            ? 'SKIPPED'
            : 'COMPLETED';
        // The distribution ends when all is published.
        if (name !== 'distribute') await tell((row) => stepEnded(row, name, status, clock.now()));
        return output;
      } finally {
        await log.flush();
      }
    },
  };
}

function shellOf(context: Context, build: ImageBuildRow, { instanceId }: Machine): MachineShell {
  return new MachineShell(context, {
    instanceId,
    folder: build.recipe.workingDirectory ?? usualFolder,
  });
}

/** Cloud-init has done what it does at the first boot: it holds locks, and writes files. */
async function settle(context: Context, shell: MachineShell, log: BuildLog): Promise<void> {
  const script =
    'command -v cloud-init > /dev/null && cloud-init status --wait > /dev/null; exit 0';
  const id = `${context.task.id}-settle`;
  const timeoutSeconds = 900;
  const outcome = await shell.run({ id, argv: ['sh', '-c', script], timeoutSeconds });
  if (outcome.kind === 'late') log.tell('cloud-init does not come to its end');
}

/** What the system of the image calls itself. */
async function tellSystem(
  { task, services }: Context,
  build: ImageBuildRow,
  shell: MachineShell,
): Promise<void> {
  const script = '. /etc/os-release && printf %s "$PRETTY_NAME"';
  const id = `${task.id}-system`;
  const outcome = await shell.run({ id, argv: ['sh', '-c', script], timeoutSeconds: 60 });
  if (outcome.kind !== 'ended' || outcome.exitCode !== 0 || outcome.stdout === '') return;
  const osVersion = outcome.stdout.slice(0, osVersionMaxChars);
  await services.catalog.write((transaction) =>
    changeBuild(transaction, build.id, (row) => ({ ...row, osVersion })),
  );
}
