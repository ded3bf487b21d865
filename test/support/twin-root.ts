/** A guest that has an equal copy of its root beside it: which of them is it running on? */
import { type EC2Client, RebootInstancesCommand } from '@aws-sdk/client-ec2';
import type { Reached } from './launch.ts';
import { ssh } from './ssh.ts';
import { until } from './until.ts';

const bootLimitMs = 180_000;

/** Resolves when it answers again, booted anew. */
export async function rebooted(ec2: EC2Client, guest: Reached): Promise<void> {
  const bootId = () => ssh(guest, 'cat /proc/sys/kernel/random/boot_id', { timeoutMs: 15_000 });
  const before = await bootId();
  await ec2.send(new RebootInstancesCommand({ InstanceIds: [guest.id] }));
  const isAnother = async () => (await bootId().catch(() => before)) !== before;
  await until(`${guest.id} rebooted`, isAnother, bootLimitMs);
}

/** A file that was made after the copy was. */
export async function markRoot(guest: Reached): Promise<void> {
  await ssh(guest, 'sudo sh -c "echo original >/original; sync"');
}

/** Whether it runs on the root that was marked. */
export async function isOnMarkedRoot(guest: Reached): Promise<boolean> {
  return (await ssh(guest, 'ls /original 2>/dev/null || true')).includes('/original');
}
