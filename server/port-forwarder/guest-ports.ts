/**
 * The open ports of all guests. Changed in place: what stays is not interrupted. Changes of one
 * guest run one after the other; a guest that uses up its connections takes none from another.
 */
import { highPortOffset, portMax } from '../foundations/host-ports.ts';
import type { ForwardedPort } from './port-forwarder.ts';
import { type ConnectionBudget, type OpenPort, openTcpPort } from './tcp-port.ts';
import { openUdpPort } from './udp-port.ts';

/**
 * What an ordinary web server serves at once; each holds at most two buffers and two descriptors.
 */
const connectionsMax = 512;

interface Port {
  wished: ForwardedPort;
  open: OpenPort;
}

interface Guest {
  /** By protocol, address and port of the guest. */
  ports: Map<string, Port>;
  connections: number;
  /** The last of the changes. */
  turn: Promise<unknown>;
}

export class GuestPorts {
  readonly #guests = new Map<string, Guest>();
  readonly #connectionsMax: number;
  /** Called whenever the last connection of all guests has ended. */
  onIdle: () => void = () => {};

  constructor(limit = connectionsMax) {
    this.#connectionsMax = limit;
  }

  get connections(): number {
    return [...this.#guests.values()].reduce((sum, guest) => sum + guest.connections, 0);
  }

  /** Makes the ports of a guest exactly these; answers those that are open, where they are. */
  forward(instanceId: string, wanted: readonly ForwardedPort[]): Promise<ForwardedPort[]> {
    const guest = this.#guests.get(instanceId) ?? {
      ports: new Map(),
      connections: 0,
      turn: Promise.resolve(),
    };
    this.#guests.set(instanceId, guest);
    const change = guest.turn.then(() => this.#change(guest, wanted));
    const turn = change
      .catch(() => {})
      .then(() => {
        const isLast = guest.turn === turn;
        if (isLast && guest.ports.size + guest.connections === 0) this.#guests.delete(instanceId);
      });
    guest.turn = turn;
    return change;
  }

  /** Opens nothing and refuses everything from now on; connections go on. */
  closeAll(): void {
    for (const guest of this.#guests.values()) {
      for (const { open } of guest.ports.values()) open.close();
      guest.ports.clear();
    }
    if (this.connections === 0) this.onIdle();
  }

  async #change(guest: Guest, wanted: readonly ForwardedPort[]): Promise<ForwardedPort[]> {
    const names = new Set(wanted.map(nameOf));
    for (const [name, { open }] of guest.ports) {
      if (names.has(name)) continue;
      open.close();
      guest.ports.delete(name);
    }
    const answer: ForwardedPort[] = [];
    for (const wished of wanted) {
      const port = guest.ports.get(nameOf(wished));
      if (port) port.wished = wished;
      const open = port?.open ?? (await this.#open(guest, wished));
      if (open) answer.push({ ...wished, hostPort: open.hostPort });
    }
    return answer;
  }

  async #open(guest: Guest, wished: ForwardedPort): Promise<OpenPort | undefined> {
    const { protocol, hostIp, hostPort, guestPort } = wished;
    const name = nameOf(wished);
    const innerPort = () => guest.ports.get(name)?.wished.innerPort ?? wished.innerPort;
    const budget = this.#budgetOf(guest);
    const candidates = [hostPort, guestPort + highPortOffset, 0].filter((port) => port <= portMax);
    for (const candidate of candidates) {
      const options = { hostIp, hostPort: candidate, innerPort, budget };
      const opening = protocol === 'tcp' ? openTcpPort(options) : openUdpPort(options);
      const open = await opening.catch(() => undefined);
      if (!open) continue;
      guest.ports.set(name, { wished, open });
      return open;
    }
    return undefined;
  }

  #budgetOf(guest: Guest): ConnectionBudget {
    return {
      take: () => {
        if (guest.connections >= this.#connectionsMax) return false;
        guest.connections += 1;
        return true;
      },
      giveBack: () => {
        guest.connections -= 1;
        if (this.connections === 0) this.onIdle();
      },
    };
  }
}

function nameOf({ protocol, hostIp, guestPort }: ForwardedPort): string {
  return `${protocol} ${hostIp} ${guestPort}`;
}
