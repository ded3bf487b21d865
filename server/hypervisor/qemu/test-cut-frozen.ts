/**
 * A pivot in a process of its own, for tests that kill it: of the fake QEMU in that folder, whose
 * process has that number.
 */
import { silentLog } from '../../foundations/log.ts';
import { recordOf } from '../../foundations/process-record.ts';
import { cutFrozen, openAgent } from './freeze.ts';
import { QemuMachine } from './machine.ts';

const [instanceId = '', folder = '', pid, frozenMaxMs] = process.argv.slice(2);
const record = recordOf(Number(pid));
if (!record) throw new Error('no process');
const machine = await QemuMachine.connect({
  instanceId,
  folder,
  process: { ...record, layout: 2 },
  log: silentLog,
  onChange: () => {},
});
const agent = await openAgent(machine, silentLog);
if (!agent) throw new Error('no agent');
const result = { frozen: false, pauseMs: 0 };
const limits = { freezeMs: 5000, transactionMs: 5000, thawMs: 5000 };
await cutFrozen(
  machine,
  agent,
  { nodes: [], state: 'done', startedAt: 0, result },
  () => new Promise(() => {}),
  {
    log: silentLog,
    limits: { ...limits, frozenMaxMs: Number(frozenMaxMs) },
  },
);
