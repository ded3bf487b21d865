/** Which ports of a guest are where: the machine's are simulated, the forwarder's are real. */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { silentLog } from '../../foundations/log.ts';
import type { PortForward } from '../../hypervisor/hypervisor.ts';
import { GuestPorts as ForwardedPorts } from '../../port-forwarder/guest-ports.ts';
import { createNoPortForwarder } from '../../port-forwarder/none/no-port-forwarder.ts';
import type { PortForwarder } from '../../port-forwarder/port-forwarder.ts';
import { GuestPorts } from './guest-ports.ts';

const instanceId = 'i-0aaaaaaaaaaaaaaaa';
const hostIp = '127.66.5.4';
/** As if ports below this were privileged, so that the test needs no privilege. */
const privilegedBelow = 30_000;

const port = (guestPort: number): PortForward => ({
  protocol: 'tcp',
  hostIp,
  hostPort: guestPort,
  guestPort,
});

/** A machine that has each port where it is wished, and any at 40000 and up. */
function machine() {
  let open: PortForward[] = [];
  return {
    open: () => open,
    setForwards: async (_: string, wanted: readonly PortForward[]) => {
      open = wanted.map((each, index) => ({ ...each, hostPort: each.hostPort || 40_000 + index }));
      return open;
    },
  };
}

function forwarder(t: TestContext): PortForwarder {
  const ports = new ForwardedPorts();
  t.after(() => ports.closeAll());
  return {
    isFor: (hostPort) => hostPort < privilegedBelow,
    start: async () => {},
    forward: (id, wanted) => ports.forward(id, wanted),
    close: async () => {},
  };
}

test('low ports are the forwarder’s, the others the machine’s; each is where it was wished', async (t) => {
  const hypervisor = machine();
  const ports = new GuestPorts({ hypervisor, portForwarder: forwarder(t), log: silentLog });
  const wanted = [port(20_022), port(31_000)];
  assert.deepEqual(await ports.open(instanceId, wanted), wanted);
  assert.deepEqual(
    hypervisor.open().map(({ hostPort }) => hostPort),
    [40_000, 31_000],
  );
  assert.deepEqual(await ports.open(instanceId, wanted), wanted, 'again');
});

test('one that the host has itself is another, and said', async (t) => {
  const sshd = createServer();
  await new Promise<void>((resolve) => sshd.listen(20_023, '0.0.0.0', resolve));
  t.after(() => sshd.close());
  const portForwarder = forwarder(t);
  const ports = new GuestPorts({ hypervisor: machine(), portForwarder, log: silentLog });
  const [opened] = await ports.open(instanceId, [port(20_023)]);
  assert.deepEqual(opened, { ...port(20_023), hostPort: 30_023 });
});

test('without a forwarder, or one that fails, the machine’s own ports are answered', async () => {
  const none = createNoPortForwarder();
  const broken: PortForwarder = {
    ...none,
    isFor: (hostPort) => hostPort < privilegedBelow,
    forward: () => Promise.reject(new Error('it does not start')),
  };
  for (const [portForwarder, hostPort] of [
    [none, 20_022],
    [broken, 40_000],
  ] as const) {
    const ports = new GuestPorts({ hypervisor: machine(), portForwarder, log: silentLog });
    assert.deepEqual(await ports.open(instanceId, [port(20_022)]), [{ ...port(20_022), hostPort }]);
    await ports.close(instanceId);
  }
});
