/** Structured log: one JSON object a line on stderr. Never carries secrets or user data. */
export type LogFields = Record<string, unknown>;

export interface Log {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

export function jsonLog(write: (line: string) => void): Log {
  const at = (level: string) => (message: string, fields?: LogFields) =>
    write(
      `${JSON.stringify({ time: new Date().toISOString(), level, message, ...plain(fields) })}\n`,
    );
  return { info: at('info'), warn: at('warn'), error: at('error') };
}

/** Errors do not survive JSON.stringify by themselves. */
function plain(fields: LogFields = {}): LogFields {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [
      key,
      value instanceof Error ? (value.stack ?? value.message) : value,
    ]),
  );
}

export const silentLog: Log = { info() {}, warn() {}, error() {} };
