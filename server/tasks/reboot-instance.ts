/** RebootInstances: the guest shuts down and boots again; one that does not listen is reset after a grace time. */
import type { RebootInput } from '../domain/captures.ts';
import { type HaltOutput, haltStep, restartStep } from './reboot.ts';
import type { TaskDefinition } from './task.ts';

interface Outputs {
  halt: HaltOutput;
  restart: null;
}

export const rebootInstance: TaskDefinition<RebootInput, Outputs> = {
  kind: 'reboot-instance',
  steps: { halt: haltStep, restart: restartStep() },
  async failed({ input, services }, reason) {
    services.log.error('reboot failed', { instanceId: input.instanceId, reason });
  },
};
