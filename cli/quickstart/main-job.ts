/**
 * Imago's main job as the quickstart performs it, step by step, through the API alone: build,
 * launch, change, capture while it runs, launch copies, look inside. It deliberately cleans nothing
 * up: the home that it works in is removed as a whole.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import type { Image, Instance } from '../../api/generated/ec2-types.ts';
import type { ProviderImageName } from '../../api/imago.ts';
import type { Wire } from '../../api/wire.ts';
import type { Home } from '../../server/foundations/home.ts';
import { buildImage } from '../build-image.ts';
import type { Client } from '../client.ts';
import { CommandError } from '../command-error.ts';
import {
  findSshPort,
  guestOf,
  hostKeyFingerprint,
  privateKeyFile,
  runInGuest,
  type SshTarget,
} from '../guest-ssh.ts';
import { poll } from '../poll.ts';
import type { Progress, StepProgress } from '../progress.ts';
import {
  changeScript,
  type DemoGuest,
  demoGuests,
  inspectionScript,
  parseInspection,
} from './demo-guest.ts';
import type { Machine, Report } from './report.ts';

const keyName = 'quickstart';
const copyCount = 3;
/**
 * States change in tens of milliseconds: asked often, so that the figures shown are Imago's and not
 * ours.
 */
const pollIntervalMs = 100;
/** Each try is a connection that an emulated guest has to answer. */
const sshIntervalMs = 1000;
const launchTimeoutMs = 60_000;
const captureTimeoutMs = 300_000;
const scriptTimeoutMs = 120_000;

export interface MainJob {
  client: Client;
  home: Home;
  progress: Progress;
  signal: AbortSignal;
  image: ProviderImageName;
  accelerator: string;
}

export async function performMainJob(job: MainJob): Promise<Report> {
  const { progress } = job;
  const guest = demoGuests[job.image];
  const provider = await progress.step(`Build the image ${job.image}`, (step) => build(job, step));
  const groupId = await progress.step('Make a key pair and a security group', () => access(job));
  const launch: Launch = { guest, groupId, imageId: provider.ImageId ?? '' };

  const launched = performance.now();
  const [original] = await progress.step('Launch an instance', (step) =>
    runInstances(job, launch, 1, step),
  );
  const sourceId = original?.InstanceId ?? '';
  const source = await progress.step('Wait until it answers SSH', () =>
    waitForSsh(job, guest, sourceId, launched),
  );
  await progress.step(
    'Change it: a program, its configuration, a service at boot',
    async (step) => {
      const said = await runInGuest(source.target, changeScript(guest), inTime(job));
      step.result(`it says "${said.trim()}"`);
    },
  );
  const capture = await progress.step('Capture it while it runs', (step) =>
    captureImage(job, sourceId, step),
  );
  const copiesLaunched = performance.now();
  const copies = await progress.step(`Launch ${copyCount} copies of the new image`, (step) =>
    runInstances(job, { ...launch, imageId: capture.image.ImageId ?? '' }, copyCount, step),
  );
  const answering = await progress.step('Wait until all of them answer SSH', () =>
    Promise.all(
      copies.map(({ InstanceId = '' }) => waitForSsh(job, guest, InstanceId, copiesLaunched)),
    ),
  );
  const inspected = await progress.step('Look inside each of them', () =>
    Promise.all([
      inspect(job, source, false),
      ...answering.map((machine) => inspect(job, machine, true)),
    ]),
  );
  const [first, ...others] = inspected;
  if (!first) throw new Error('the original was not inspected');
  checkCopies(first, others);
  return {
    providerImage: { id: provider.ImageId ?? '', name: provider.Name ?? '' },
    ...capture.figures,
    source: first,
    copies: others,
    accelerator: job.accelerator,
  };
}

function inTime(job: MainJob) {
  return { timeoutMs: scriptTimeoutMs, signal: job.signal };
}

async function build({ client, image, signal }: MainJob, step: StepProgress): Promise<Wire<Image>> {
  const ids = await buildImage(client, image, step, { signal });
  const id = ids[client.connection.region] ?? '';
  const { Images = [] } = await client.ec2('DescribeImages', { ImageIds: [id] });
  const [built] = Images;
  if (!built) throw new Error(`image ${id} is not there`);
  step.result(`${built.ImageId} ${built.Name}`);
  return built;
}

/** Answers the group's id; the private key goes where `imago ssh` finds it. */
async function access({ client, home }: MainJob): Promise<string> {
  const key = await client.ec2('CreateKeyPair', { KeyName: keyName, KeyType: 'ed25519' });
  const file = privateKeyFile(home, keyName);
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, `${key.KeyMaterial?.trim()}\n`, { mode: 0o600 });
  const { GroupId = '' } = await client.ec2('CreateSecurityGroup', {
    GroupName: keyName,
    Description: 'Opens SSH',
  });
  await client.ec2('AuthorizeSecurityGroupIngress', {
    GroupId,
    IpPermissions: [
      { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '0.0.0.0/0' }] },
    ],
  });
  return GroupId;
}

interface Launch {
  guest: DemoGuest;
  imageId: string;
  groupId: string;
}

/** Resolves when all of them run. */
async function runInstances(
  job: MainJob,
  { guest, imageId, groupId }: Launch,
  count: number,
  step: StepProgress,
): Promise<Wire<Instance>[]> {
  const { Instances = [] } = await job.client.ec2('RunInstances', {
    ImageId: imageId,
    InstanceType: guest.instanceType,
    MinCount: count,
    MaxCount: count,
    KeyName: keyName,
    SecurityGroupIds: [groupId],
  });
  const ids = Instances.map(({ InstanceId = '' }) => InstanceId);
  const running = await poll(
    {
      everyMs: pollIntervalMs,
      timeoutMs: launchTimeoutMs,
      what: `${ids.join(', ')} to run`,
      signal: job.signal,
    },
    async () => {
      const answer = await job.client.ec2('DescribeInstances', { InstanceIds: ids });
      const seen = (answer.Reservations ?? []).flatMap((each) => each.Instances ?? []);
      const ended = seen.find(({ State }) => !['pending', 'running'].includes(State?.Name ?? ''));
      if (ended) {
        throw new CommandError(
          `${ended.InstanceId} is ${ended.State?.Name}: ${ended.StateReason?.Message}.`,
          'See `imago doctor`.',
        );
      }
      return seen.every(({ State }) => State?.Name === 'running') ? seen : undefined;
    },
  );
  step.result(running.map((each) => `${each.InstanceId}`).join(' '));
  return running;
}

interface AnsweringMachine {
  target: SshTarget;
  launchMs: number;
}

async function waitForSsh(
  job: MainJob,
  guest: DemoGuest,
  instanceId: string,
  launched: number,
): Promise<AnsweringMachine> {
  const found = await guestOf(job.client, job.home, instanceId);
  let port: number | undefined;
  return poll(
    {
      everyMs: sshIntervalMs,
      timeoutMs: guest.sshTimeoutMs,
      what: `SSH of ${instanceId} at ${found.address}`,
      signal: job.signal,
    },
    async () => {
      // Not waited for: the forward takes connections before the guest does, and holds them for
      // seconds.
      findSshPort(found).then((greeting) => {
        port ??= greeting;
      });
      if (!port) return undefined;
      const target: SshTarget = { ...found, port, user: 'admin' };
      try {
        await runInGuest(target, 'true', inTime(job));
      } catch {
        // The server greets before the launch key is installed.
        return undefined;
      }
      return { target, launchMs: performance.now() - launched };
    },
  );
}

async function captureImage({ client, signal }: MainJob, instanceId: string, step: StepProgress) {
  const started = performance.now();
  const name = 'greeting';
  const { ImageId = '' } = await client.ec2('CreateImage', {
    InstanceId: instanceId,
    Name: name,
    NoReboot: true,
  });
  const waiting = { everyMs: pollIntervalMs, timeoutMs: captureTimeoutMs, what: ImageId, signal };
  const image = await poll(waiting, async () => {
    const { Images = [] } = await client.ec2('DescribeImages', { ImageIds: [ImageId] });
    const [seen] = Images;
    if (seen?.State === 'failed') {
      throw new CommandError(`The capture failed: ${seen.StateReason?.Message}.`);
    }
    return seen?.State === 'available' ? seen : undefined;
  });
  const tag = (key: string) =>
    Number(image.Tags?.find(({ Key }) => Key === `aws:imago:${key}`)?.Value);
  const figures = {
    image: { id: ImageId, name },
    snapshotId: image.BlockDeviceMappings?.[0]?.Ebs?.SnapshotId ?? '',
    captureMs: performance.now() - started,
    guestPauseMs: tag('guest-pause-ms'),
    storedBytes: tag('bytes-stored'),
    sharedBytes: tag('bytes-shared'),
  };
  step.result(`${ImageId}, the guest paused for ${figures.guestPauseMs} ms`);
  return { image, figures };
}

async function inspect(
  job: MainJob,
  { target, launchMs }: AnsweringMachine,
  greets: boolean,
): Promise<Machine> {
  const answer = await runInGuest(target, inspectionScript(greets), inTime(job));
  return {
    ...parseInspection(answer),
    address: target.address,
    sshPort: target.port,
    hostKey: hostKeyFingerprint(target),
    launchMs,
  };
}

/**
 * The promise of the quickstart, held to: it fails rather than shows copies that are not alike, or
 * not themselves.
 */
export function checkCopies(source: Machine, copies: Machine[]): void {
  for (const { greeting, hostName, instanceId } of copies) {
    if (greeting !== `Hello from ${hostName}`) {
      throw new CommandError(`The copy ${instanceId} does not carry the change: "${greeting}".`);
    }
  }
  for (const part of ['instanceId', 'hostName', 'machineId', 'hostKey'] as const) {
    const values = [source, ...copies].map((machine) => machine[part]);
    if (values.some((value) => !value) || new Set(values).size < values.length) {
      throw new CommandError(`Machines share their ${part}: ${values.join(', ')}.`);
    }
  }
}
