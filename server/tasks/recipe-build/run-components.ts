/**
 * One phase of all components of a build, one after the other, on one machine. How far it is is the
 * step's checkpoint, written before and after each command.
 */
import { ServiceError } from '../../../api/service-error.ts';
import type { ImageBuildRow } from '../../catalog/rows/image-build.ts';
import { phaseOf } from '../../components/document.ts';
import { readDocument } from '../../components/read-document.ts';
import {
  ComponentFailed,
  initialProgress,
  type Progress,
  runPhase,
} from '../../components/run-phase.ts';
import { newestComponent } from '../../domain/imagebuilder/components.ts';
import { type RunContext, TaskFailure } from '../task.ts';
import type { BuildLog } from './build-log.ts';
import type { MachineShell } from './machine-shell.ts';

/** By the place of the component in the recipe: what its steps have left for others. */
export type ComponentOutputs = Record<string, Record<string, string>>;

interface Checkpoint {
  component: number;
  progress: Progress;
  outputs: ComponentOutputs;
}

export interface ComponentsRun {
  build: ImageBuildRow;
  phase: 'build' | 'validate' | 'test';
  outputs: ComponentOutputs;
  shell: MachineShell;
  log: BuildLog;
}

export async function runComponents(
  context: RunContext,
  { build, phase, shell, log, ...run }: ComponentsRun,
): Promise<ComponentOutputs> {
  const { task } = context;
  const resumed = task.checkpoint as Checkpoint | undefined;
  if (resumed) log.tell('Imago was started anew: the step goes on from where it was');
  let { component, outputs }: Omit<Checkpoint, 'progress'> = resumed ?? {
    component: 0,
    outputs: run.outputs,
  };
  let progress = resumed?.progress;
  for (; component < build.components.length; component++) {
    const document = await documentOf(context, build, component);
    progress ??= initialProgress(outputs[component]);
    const { arn, parameters = {} } = build.components[component] ?? { arn: '' };
    if (phaseOf(document, phase)) {
      log.tell(`Phase ${phase} of ${arn}`);
      const values = Object.entries(parameters).map(([name, [value = '']]) => [name, value]);
      const save = (next: Progress) => keep(context, { component, progress: next, outputs });
      progress = await runPhase(
        {
          ...{ document, phase, shell, save },
          documentOf: (named) => textOf(context, build, named),
          parameters: Object.fromEntries(values),
          id: `${task.id}-${component}`,
          log: (line) => log.tell(line),
          output: (text) => log.write(text),
        },
        progress,
      ).catch((error) => {
        if (!(error instanceof ComponentFailed)) throw error;
        const code = 'Client.ComponentFailed';
        throw new TaskFailure(code, `${code}: ${arn}: ${error.message}`);
      });
    }
    outputs = { ...outputs, [component]: progress.outputs };
    progress = undefined;
    const next = component + 1;
    const begin = initialProgress(outputs[next]);
    await keep(context, { component: next, progress: begin, outputs });
  }
  return outputs;
}

/** They stay while a build needs them. */
async function documentOf({ services }: RunContext, build: ImageBuildRow, index: number) {
  const arn = build.components[index]?.arn ?? '';
  const row = await services.catalog.read(({ components }) => components.get(arn));
  if (row) return readDocument(row.data);
  const code = 'Client.ResourceNotFound';
  throw new TaskFailure(code, `${code}: the component ${arn} does not exist.`);
}

/** Of a component of the account: a build, or the newest of a version or a pattern. */
async function textOf(
  { services: { catalog } }: RunContext,
  build: ImageBuildRow,
  arn: string,
): Promise<string | undefined> {
  try {
    return (await catalog.read((reader) => newestComponent(reader, build, arn))).data;
  } catch (error) {
    if (error instanceof ServiceError) return undefined;
    throw error;
  }
}

async function keep({ task, services }: RunContext, checkpoint: Checkpoint): Promise<void> {
  await services.catalog.write(async ({ tasks }) => {
    const row = await tasks.get(task.id);
    if (row?.state === 'running') await tasks.update({ ...row, checkpoint });
  });
}

export async function hasPhase(
  context: RunContext,
  build: ImageBuildRow,
  phase: ComponentsRun['phase'],
): Promise<boolean> {
  for (const index of build.components.keys()) {
    if (phaseOf(await documentOf(context, build, index), phase)) return true;
  }
  return false;
}
