/**
 * PORT: opens ports of the host for guests which QEMU, an ordinary process, may not open itself
 * (22, 80), and passes what comes in on to ports that it may.
 * Implementations: process/ (where Imago is root), none/ (where nobody may, or machines are
 * simulated).
 *
 * Contract:
 * - `forward` makes the ports of a guest exactly these. One that stays is not touched: its
 *   connections go on, and it stays where it is. One that goes refuses at once; connections that
 *   came in by it go on.
 * - Connections outlive the control plane, the data plane and an upgrade of the forwarder itself.
 * - What is open is opened again after the forwarder died.
 */
export interface ForwardedPort {
  protocol: 'tcp' | 'udp';
  hostIp: string;
  /** As wished; in an answer, as it really is. */
  hostPort: number;
  guestPort: number;
  /** Where QEMU listens for it, on the same address. */
  innerPort: number;
}

export interface PortForwarder {
  /** Whether it is for such a port: QEMU may not open it, and this may. */
  isFor(hostPort: number): boolean;
  start(): Promise<void>;
  /**
   * Answers those that are open. Each is opened where it is wished, or at guestPort + 10000, or at
   * any free port; one that cannot be opened at all is not in the answer.
   */
  forward(instanceId: string, ports: readonly ForwardedPort[]): Promise<ForwardedPort[]>;
  /** `keepServing` leaves it to the guests; otherwise it ends. */
  close(options: { keepServing: boolean }): Promise<void>;
}
