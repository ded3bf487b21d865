/** Packer as Debian packages it (1.6, with the Amazon builders inside). */
import { createServer } from 'node:net';
import { debianClient, type Reachable } from './debian-client.ts';

/** Longer than an emulated guest takes for its boot, packages and capture on a busy host. */
const timeoutMs = 20 * 60_000;

/** By a template with the variables `endpoint`, `ssh_port` and these. */
export async function pack(
  imago: Reachable,
  template: string,
  more: Record<string, string>,
): Promise<string> {
  const variables = { endpoint: imago.endpoint, ssh_port: await sshPort(), ...more };
  const words = Object.entries(variables).flatMap(([name, value]) => ['-var', `${name}=${value}`]);
  const environment = {
    PACKER_CONFIG_DIR: imago.home,
    CHECKPOINT_DISABLE: '1',
    // Its own is made for EC2's pace.
    AWS_POLL_DELAY_SECONDS: '2',
    AWS_MAX_ATTEMPTS: '300',
  };
  const options = { environment, timeoutMs };
  return debianClient(imago, 'packer', ['build', '-color=false', ...words, template], options);
}

/** Where port 22 of instances is on this host: an sshd of its own may have that one. */
async function sshPort(): Promise<number> {
  const server = createServer();
  const isFree = new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(22, '127.234.56.78', () => resolve(true));
  });
  const port = (await isFree) ? 22 : 10_022;
  server.close();
  return port;
}
