/**
 * The open ports of guests, composed: the machine's own process opens those that an ordinary
 * process may, and a forwarder passes the others on to any port of the machine's. A port that is
 * taken by another is opened elsewhere, and said.
 */
import type { Log } from '../../foundations/log.ts';
import type { Hypervisor, PortForward } from '../../hypervisor/hypervisor.ts';
import type { PortForwarder } from '../../port-forwarder/port-forwarder.ts';

export interface GuestPortsOptions {
  hypervisor: Pick<Hypervisor, 'setForwards'>;
  portForwarder: PortForwarder;
  log: Log;
}

export class GuestPorts {
  readonly #hypervisor: GuestPortsOptions['hypervisor'];
  readonly #portForwarder: PortForwarder;
  readonly #log: Log;

  constructor({ hypervisor, portForwarder, log }: GuestPortsOptions) {
    this.#hypervisor = hypervisor;
    this.#portForwarder = portForwarder;
    this.#log = log;
  }

  /** What the machine itself is to open. */
  inner(wanted: readonly PortForward[]): PortForward[] {
    return wanted.map((port) =>
      this.#portForwarder.isFor(port.hostPort) ? { ...port, hostPort: 0 } : port,
    );
  }

  /** Makes the open ports exactly these; answers where each really is. */
  async open(instanceId: string, wanted: readonly PortForward[]): Promise<PortForward[]> {
    const inner = await this.#hypervisor.setForwards(instanceId, this.inner(wanted));
    return this.passOn(instanceId, wanted, inner);
  }

  /** The rest of `open` once the machine has opened its own. */
  async passOn(
    instanceId: string,
    wanted: readonly PortForward[],
    inner: readonly PortForward[],
  ): Promise<PortForward[]> {
    const wishes = new Map(wanted.map((port) => [nameOf(port), port]));
    const toForward = inner.flatMap((opened) => {
      const wish = wishes.get(nameOf(opened));
      // A machine of an older Imago has opened it itself.
      const isOpen = !wish || wish.hostPort === opened.hostPort;
      if (isOpen || !this.#portForwarder.isFor(wish.hostPort)) return [];
      return [{ ...wish, innerPort: opened.hostPort }];
    });
    const forwarded = new Map<string, number>();
    for (const port of await this.#forward(instanceId, toForward)) {
      forwarded.set(nameOf(port), port.hostPort);
    }
    const ports = inner.map((opened) => ({
      ...opened,
      hostPort: forwarded.get(nameOf(opened)) ?? opened.hostPort,
    }));
    this.#reportOthers(instanceId, wishes, ports);
    return ports;
  }

  async close(instanceId: string): Promise<void> {
    await this.#forward(instanceId, []);
  }

  /** Without it a guest is reached where its machine listens. */
  async #forward(instanceId: string, ports: Parameters<PortForwarder['forward']>[1]) {
    try {
      return await this.#portForwarder.forward(instanceId, ports);
    } catch (error) {
      this.#log.error('ports are not forwarded', { instanceId, error });
      return [];
    }
  }

  #reportOthers(
    instanceId: string,
    wishes: ReadonlyMap<string, PortForward>,
    ports: readonly PortForward[],
  ): void {
    const open = new Map(ports.map((port) => [nameOf(port), port.hostPort]));
    for (const [name, { hostIp, hostPort, protocol }] of wishes) {
      const instead = open.get(name);
      if (instead === hostPort) continue;
      const wished = `${hostIp}:${hostPort}/${protocol}`;
      if (instead === undefined) this.#log.error('no port is free', { instanceId, wished });
      else this.#log.warn('a port of the host is another', { instanceId, wished, instead });
    }
  }
}

function nameOf({ protocol, hostIp, guestPort }: PortForward): string {
  return `${protocol} ${hostIp} ${guestPort}`;
}
