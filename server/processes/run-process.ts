/**
 * What a process beside the control plane has around its own work: a log whose failure is no
 * failure of the process, an end when it is told to, and one when something fails that nobody
 * expected, since the control plane starts it again.
 */
import { jsonLog, type Log } from '../foundations/log.ts';
import { LogOutput } from '../foundations/log-output.ts';

export async function runProcess(name: string, main: (log: Log) => Promise<void>): Promise<void> {
  const log = jsonLog(new LogOutput(process.stderr.fd).write);
  const die = (message: string) => (error: unknown) => {
    log.error(message, { error });
    process.exit(1);
  };
  process.on('uncaughtException', die(`${name} failed`));
  process.on('unhandledRejection', die(`${name} failed`));
  process.on('SIGTERM', () => process.exit(0));
  await main(log).catch(die(`${name} cannot start`));
}
