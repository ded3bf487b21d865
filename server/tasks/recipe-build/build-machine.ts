/**
 * The machines of a build: one that is built on, and one of the image that came of it. Which one a
 * step has launched is in its checkpoint from the same transaction on, so that there never is one
 * that nobody knows of.
 */
import type { CatalogTransaction } from '../../catalog/catalog.ts';
import type { ImageBuildRow } from '../../catalog/rows/image-build.ts';
import type { MappingRequest } from '../../domain/block-device-mappings.ts';
import { insertBuildGroup, removeBuildGroup } from '../../domain/imagebuilder/build-network.ts';
import { stopRequested, terminateRequested } from '../../domain/instances.ts';
import { type LaunchRequest, planLaunch } from '../../domain/launch.ts';
import { insertLaunch } from '../../domain/launch-rows.ts';
import { orFailAsync, type RunContext, type TaskServices } from '../task.ts';
import { forFirstWithRoom, ownerAsViewer, untilState, usualTypes } from '../task-machine.ts';
import { changeBuild } from './build-row.ts';
import { distributionIn } from './distribution-in.ts';

export interface Machine {
  instanceId: string;
  /** Made for it, and removed with it. */
  securityGroupId?: string;
}

export async function launchMachine(
  { task, services, signal }: RunContext,
  build: ImageBuildRow,
  of: { imageId: string; isTest: boolean },
): Promise<Machine> {
  const { host, orders } = services;
  const measures = await host.measure();
  const machine = await orders.write(async (transaction): Promise<Machine> => {
    const { checkpoint } = (await transaction.tasks.get(task.id)) ?? task;
    if (checkpoint) return checkpoint as unknown as Machine;
    const made = await orFailAsync(() => launch(transaction, services, build, of, measures));
    const row = (await transaction.tasks.get(task.id)) ?? task;
    await transaction.tasks.update({ ...row, checkpoint: { ...made } });
    const { instanceId } = made;
    await changeBuild(transaction, build.id, (each) => ({ ...each, instanceId }));
    return made;
  });
  await untilState(services, signal, machine.instanceId, 'running');
  return machine;
}

/** Of the types of the configuration the first that there is room for. */
async function launch(
  transaction: CatalogTransaction,
  services: TaskServices,
  build: ImageBuildRow,
  of: { imageId: string; isTest: boolean },
  measures: Parameters<typeof planLaunch>[3]['measures'],
): Promise<Machine> {
  const viewer = await ownerAsViewer(transaction, build);
  const securityGroupId = await insertBuildGroup(transaction, viewer, build, services);
  const { infrastructure } = build;
  const securityGroupIds = securityGroupId ? [securityGroupId] : infrastructure.securityGroupIds;
  const wanted = build.infrastructure.instanceTypes;
  const types = wanted.length > 0 ? wanted : usualTypes;
  const mappings = of.isTest ? [] : await devicesOf(transaction, build);
  const planned = await forFirstWithRoom(types, (instanceType) => {
    const request = launchRequest(build, { ...of, instanceType, mappings, securityGroupIds });
    return planLaunch(transaction, viewer, request, { ...services, measures });
  });
  await insertLaunch(transaction, planned);
  const [instance] = planned.instances;
  if (!instance) throw new Error('nothing was launched');
  return { instanceId: instance.id, ...(securityGroupId && { securityGroupId }) };
}

/** What the recipe says of them; under the key of the image where it is to have one. */
async function devicesOf(
  { images }: CatalogTransaction,
  build: ImageBuildRow,
): Promise<MappingRequest[]> {
  const asked: MappingRequest[] = build.recipe.blockDeviceMappings;
  const kmsKeyId = distributionIn(build, build.region)?.ami?.kmsKeyId;
  if (kmsKeyId === undefined) return asked;
  const parent = await images.get(build.parentImageId);
  const others = (parent?.blockDeviceMappings ?? [])
    .filter(({ deviceName }) => !asked.some((each) => each.deviceName === deviceName))
    .map(({ deviceName }): MappingRequest => ({ deviceName, noDevice: false }));
  return [...asked, ...others].map((each) =>
    each.noDevice || each.kmsKeyId !== undefined ? each : { ...each, encrypted: true, kmsKeyId },
  );
}

function launchRequest(
  { id, recipe, infrastructure }: ImageBuildRow,
  of: {
    imageId: string;
    isTest: boolean;
    instanceType: string;
    mappings: MappingRequest[];
    securityGroupIds: string[];
  },
): LaunchRequest {
  const { keyPair, subnetId, availabilityZone, resourceTags } = infrastructure;
  const tags = {
    ...resourceTags,
    CreatedBy: 'EC2 Image Builder',
    Ec2ImageBuilderArn: id,
    Name: `${of.isTest ? 'Test' : 'Build'} instance for ${recipe.name}`,
  };
  const { metadataOptions = {} } = infrastructure;
  return {
    imageId: of.imageId,
    count: { min: 1, max: 1 },
    instanceType: of.instanceType,
    keyName: keyPair,
    securityGroupIds: of.securityGroupIds,
    securityGroupNames: [],
    subnetId,
    availabilityZone,
    // Nobody has to reach it from outside.
    associatePublicIp: false,
    ...(!of.isTest && { userData: recipe.userData }),
    mappings: of.mappings,
    metadataOptions,
    shutdownBehavior: 'stop',
    cpuOptions: {},
    monitoring: false,
    disableApiTermination: false,
    disableApiStop: false,
    autoRecovery: 'default',
    capacityReservationPreference: 'open',
    instanceTags: tags,
    volumeTags: tags,
    networkInterfaceTags: {},
  };
}

/** The guest shuts itself down; its volumes stay. */
export async function stopMachine(
  { services, signal }: RunContext,
  { instanceId }: Machine,
): Promise<void> {
  await services.orders.write(async ({ instances }) => {
    const row = await instances.get(instanceId);
    const next = row?.state === 'running' && stopRequested(row, services.clock.now(), soft);
    if (next) await instances.update(next);
  });
  await untilState(services, signal, instanceId, 'stopped');
}

const soft = { force: false };

/** Nothing where there is none any more. */
export async function terminateMachine(
  { services, signal }: RunContext,
  arn: string,
  machine: Machine | undefined,
): Promise<void> {
  if (!machine) return;
  const { instanceId, securityGroupId } = machine;
  await services.orders.write(async (transaction) => {
    const row = await transaction.instances.get(instanceId);
    const next = row && terminateRequested(row, services.clock.now(), { force: true });
    if (next) await transaction.instances.update(next);
    await changeBuild(transaction, arn, ({ instanceId: known, ...rest }) =>
      known === undefined || known === instanceId ? rest : { ...rest, instanceId: known },
    );
  });
  await untilState(services, signal, instanceId, 'terminated');
  if (securityGroupId === undefined) return;
  await services.orders.write((transaction) => removeBuildGroup(transaction, securityGroupId));
}
