/** A log for what a guest can provoke: so many lines a minute, and then how many were left out. */
import type { Log, LogFields } from './log.ts';

const linesPerMinute = 30;
const minuteMs = 60_000;

export function limitedLog(log: Log, nowMs = () => performance.now()): Log {
  let beganMs = nowMs();
  let lines = 0;
  const limited = (level: keyof Log) => (message: string, fields?: LogFields) => {
    if (nowMs() - beganMs >= minuteMs) {
      const leftOut = lines - linesPerMinute;
      if (leftOut > 0) log.warn('lines were left out', { leftOut });
      beganMs = nowMs();
      lines = 0;
    }
    lines += 1;
    if (lines <= linesPerMinute) log[level](message, fields);
  };
  return { info: limited('info'), warn: limited('warn'), error: limited('error') };
}
