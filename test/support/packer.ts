/** Packer as Debian packages it (1.6, with the Amazon builders inside). */
import { debianClient, type Reachable } from './debian-client.ts';

/** Longer than an emulated guest takes for its boot, packages and capture on a busy host. */
const timeoutMs = 20 * 60_000;

export async function pack(
  imago: Reachable,
  template: string,
  variables: Record<string, string | number>,
): Promise<string> {
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
