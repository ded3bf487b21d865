/**
 * A build of a recipe on `micro` with one component against the same by hand, alternating in one
 * run: a machine is launched, a script run in it, the machine stopped, captured and terminated; by
 * hand over SSH and through the API (goal: at most 1.3x). The build waits for the guest's agent in
 * place of SSH, and cleans the machine besides; nothing is tested on either side.
 *   tools/node24 bench/recipe.bench.ts
 */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateImageCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import {
  CreateImageCommand as BuildImageCommand,
  CreateComponentCommand,
  CreateImageRecipeCommand,
  CreateInfrastructureConfigurationCommand,
  GetImageCommand,
} from '@aws-sdk/client-imagebuilder';
import { homeWith } from '../test/support/image-home.ts';
import { ImagoProcess } from '../test/support/imago.ts';
import {
  access,
  launch,
  providerImage,
  reach,
  waitForImage,
  waitForState,
} from '../test/support/launch.ts';
import { imageBuilder } from '../test/support/recipe-builds.ts';
import { ssh } from '../test/support/ssh.ts';
import { inTurn, load, ratio, spread } from './figures.ts';

const rounds = 3;
const InstanceType = 't3.nano';
/** As the helpers of the other side do. */
const pollMs = 200;
const script = 'mkdir -p /opt/part && head -c 8388608 /dev/urandom > /opt/part/data';
const data = `schemaVersion: 1.0
phases:
  - name: build
    steps:
      - name: Install
        action: ExecuteBash
        inputs: { commands: ['${script}'] }
`;

const imago = await ImagoProcess.start({ hypervisor: 'qemu', home: await homeWith('micro') });
const ec2 = imago.ec2();
const builder = imageBuilder(imago);
try {
  const login = await access(imago);
  const { ImageId: parentImage = '' } = await providerImage(ec2, 'imago-micro-*');
  const arns = await recipe();
  // The first boot of an image warms up for both.
  await byHand(0);
  const built: number[] = [];
  const made: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    for (const side of inTurn(round, ['recipe', 'by hand'])) {
      const startedMs = performance.now();
      if (side === 'recipe') await byRecipe();
      else await byHand(round);
      (side === 'recipe' ? built : made).push(performance.now() - startedMs);
    }
  }
  console.log(`a build of a recipe ${spread(built)}; the same by hand ${spread(made)}`);
  console.log(`recipe to by hand: ratio ${ratio(built, made)}; ${load()}`);

  async function recipe() {
    const about = { semanticVersion: '1.0.0' };
    const part = { ...about, name: 'Part', platform: 'Linux', data } as const;
    const { componentBuildVersionArn: componentArn } = await builder.send(
      new CreateComponentCommand(part),
    );
    const components = [{ componentArn }];
    const { imageRecipeArn } = await builder.send(
      new CreateImageRecipeCommand({ ...about, name: 'Golden', parentImage, components }),
    );
    const machine = { name: 'Small', instanceProfileName: 'none', instanceTypes: [InstanceType] };
    const { infrastructureConfigurationArn } = await builder.send(
      new CreateInfrastructureConfigurationCommand(machine),
    );
    return { imageRecipeArn, infrastructureConfigurationArn };
  }

  async function byRecipe(): Promise<void> {
    const imageTestsConfiguration = { imageTestsEnabled: false };
    const { imageBuildVersionArn } = await builder.send(
      new BuildImageCommand({ ...arns, imageTestsConfiguration }),
    );
    for (;;) {
      const { image } = await builder.send(new GetImageCommand({ imageBuildVersionArn }));
      const { status, reason } = image?.state ?? {};
      if (status === 'AVAILABLE') return;
      if (status === 'FAILED') throw new Error(`the build failed: ${reason}`);
      await sleep(pollMs);
    }
  }

  async function byHand(round: number): Promise<void> {
    const [instance] = await launch(ec2, parentImage, login, 1, { InstanceType });
    const machine = await reach(ec2, instance, login);
    const InstanceIds = [machine.id];
    await ssh(machine, `sudo sh -c '${script}'`);
    await ec2.send(new StopInstancesCommand({ InstanceIds }));
    await waitForState(ec2, machine.id, 'stopped');
    const order = new CreateImageCommand({ InstanceId: machine.id, Name: `by hand ${round}` });
    const { ImageId = '' } = await ec2.send(order);
    await waitForImage(ec2, ImageId, 'available');
    await ec2.send(new TerminateInstancesCommand({ InstanceIds }));
    await waitForState(ec2, machine.id, 'terminated');
  }
} finally {
  await imago.dispose();
}
