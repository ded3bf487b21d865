/**
 * The programs that the block store is measured against: Debian's packages, installed when they are
 * missing and whoever runs the bench may do so.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Program -> Debian's package. */
const packages = {
  restic: 'restic',
  borg: 'borgbackup',
  casync: 'casync',
  nbdkit: 'nbdkit',
  'qemu-nbd': 'qemu-utils',
  'qemu-img': 'qemu-utils',
} as const;

export type Peer = keyof typeof packages;

/** Those of the programs that are there, or could be installed. */
export async function findPeers(wanted: readonly Peer[]): Promise<Set<Peer>> {
  const missing = await absent(wanted);
  if (missing.length > 0 && process.getuid?.() === 0) {
    const names = [...new Set(missing.map((peer) => packages[peer]))];
    console.log(`installing ${names.join(', ')}`);
    const options = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
    await run(
      'apt-get',
      ['install', '-y', '-q', '--no-install-recommends', ...names],
      options,
    ).catch((error) => console.log(`they could not be installed: ${error.message.split('\n')[0]}`));
  }
  const left = await absent(wanted);
  for (const peer of left) console.log(`without ${peer}: apt-get install ${packages[peer]}`);
  return new Set(wanted.filter((peer) => !left.includes(peer)));
}

async function absent(wanted: readonly Peer[]): Promise<Peer[]> {
  const found = await Promise.all(
    wanted.map((peer) =>
      run('which', [peer]).then(
        () => true,
        () => false,
      ),
    ),
  );
  return wanted.filter((_, i) => !found[i]);
}
