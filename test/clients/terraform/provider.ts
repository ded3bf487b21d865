/**
 * How Terraform's AWS provider (versions 5 and 6) judges what it is answered: which states it waits
 * through, and by which errors it sees that a thing is gone. An answer that it would stop at fails
 * the test.
 */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateTagsCommand,
  DeleteTagsCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  type EC2Client,
  EC2ServiceException,
  type Image,
  type Instance,
  type Tag,
} from '@aws-sdk/client-ec2';

const everyMs = 100;
const limitMs = 60_000;

/** Waits through the pending states; one that it does not know ends the wait, as in Terraform. */
export async function settled(
  look: () => Promise<string | undefined>,
  pending: readonly string[],
  target: string | undefined,
): Promise<void> {
  const started = Date.now();
  for (;;) {
    const state = await look();
    if (state === target) return;
    assert.ok(state !== undefined && pending.includes(state), `unexpected state '${state}'`);
    assert.ok(Date.now() - started < limitMs, `it stays '${state}', and never is '${target}'`);
    await sleep(everyMs);
  }
}

/** Absent where it is refused with one of these codes, by which the provider knows it as gone. */
export async function unlessGone<Answer>(
  call: Promise<Answer>,
  ...codes: string[]
): Promise<Answer | undefined> {
  return call.catch((error: unknown) => {
    if (error instanceof EC2ServiceException && codes.includes(error.name)) return undefined;
    throw error;
  });
}

/** An empty answer, and an image that says that it is deregistered, are as good as NotFound. */
export async function findImage(ec2: EC2Client, ImageId: string): Promise<Image | undefined> {
  const asked = ec2.send(new DescribeImagesCommand({ ImageIds: [ImageId] }));
  const answer = await unlessGone(asked, 'InvalidAMIID.NotFound');
  const [image, ...more] = answer?.Images ?? [];
  assert.equal(more.length, 0);
  if (image?.State === 'deregistered') return undefined;
  if (image) assert.equal(image.ImageId, ImageId);
  return image;
}

/** A terminated instance is gone. */
export async function findInstance(ec2: EC2Client, id: string): Promise<Instance | undefined> {
  const asked = ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
  const answer = await unlessGone(asked, 'InvalidInstanceID.NotFound');
  const instance = answer?.Reservations?.[0]?.Instances?.[0];
  return instance?.State?.Name === 'terminated' ? undefined : instance;
}

/** `tags` of any resource: what is no longer there is taken away first, by key and value. */
export async function updateTags(
  ec2: EC2Client,
  id: string,
  { removed, added }: { removed: Tag[]; added: Tag[] },
): Promise<void> {
  const Resources = [id];
  if (removed.length > 0) await ec2.send(new DeleteTagsCommand({ Resources, Tags: removed }));
  if (added.length > 0) await ec2.send(new CreateTagsCommand({ Resources, Tags: added }));
}
