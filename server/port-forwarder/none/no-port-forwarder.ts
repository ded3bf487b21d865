/**
 * No port of the host but those that QEMU opens: for an ordinary user's Imago, and for simulated
 * machines.
 */
import type { PortForwarder } from '../port-forwarder.ts';

export function createNoPortForwarder(): PortForwarder {
  return {
    isFor: () => false,
    async start() {},
    forward: async () => [],
    async close() {},
  };
}
