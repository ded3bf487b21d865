/** What a drill is asked to do, as it is kept: within limits, and with what was left out. */
import type { DrillCheckRequest, DrillLooks } from '../../../api/imago-drill-checks.ts';
import { ServiceError } from '../../../api/service-error.ts';
import type { DrillCheck, DrillPlan } from '../../catalog/rows/drill.ts';
import { requiredInstanceType } from '../instance-types.ts';

const checksMax = 50;
const compareMax = 100;
const textMaxChars = 16 * 1024;
const nameMaxChars = 128;
const secondsMax = 3600;

const usualSeconds = 60;
/** Until services are there. */
const usualWithinSeconds = 60;

export function drillPlan(request: DrillLooks): DrillPlan {
  const { Checks: checks = [], InstanceType: instanceType, ConsoleText: consoleText } = request;
  if (instanceType !== undefined) requiredInstanceType(instanceType);
  if (checks.length > checksMax) throw invalid(`A drill has at most ${checksMax} checks.`);
  const { Compare: compare = [], BootTimeoutSeconds: bootSeconds } = request;
  if (compare.length > compareMax) throw invalid(`A drill compares at most ${compareMax} files.`);
  if (consoleText !== undefined) text('ConsoleText', consoleText);
  return {
    ...(instanceType !== undefined && { instanceType }),
    ...(consoleText !== undefined && { consoleText }),
    ...(bootSeconds !== undefined && {
      bootTimeoutSeconds: seconds('BootTimeoutSeconds', bootSeconds, 0),
    }),
    checks: checks.map((check, index) => checkOf(check, index + 1)),
    ...(compare.length > 0 && { compare: compare.map((path) => absolute('Compare', path)) }),
  };
}

const kinds = ['Command', 'File', 'Service', 'Port', 'Query'] as const;

function checkOf(request: DrillCheckRequest, number: number): DrillCheck {
  const [kind, ...more] = kinds.filter((each) => request[each] !== undefined);
  const where = `Check ${number}`;
  if (kind === undefined || more.length > 0) {
    throw invalid(`${where} has one of ${kinds.join(', ')}.`);
  }
  for (const member of ['Sha256', 'Client', 'Database', 'User', 'ExitCode'] as const) {
    if (request[member] === undefined) continue;
    const isOfQuery = member !== 'Sha256' && member !== 'ExitCode';
    const fits = isOfQuery ? 'Query' : member === 'Sha256' ? 'File' : 'Command';
    if (kind !== fits) throw invalid(`${where} has ${member}, which belongs to a ${fits}.`);
  }
  const { Equals: equals, Contains: contains, Name: name, ExitCode: exitCode } = request;
  if (name !== undefined && (name === '' || name.length > nameMaxChars)) {
    throw invalid(`The name of check ${number} has 1 to ${nameMaxChars} characters.`);
  }
  if (exitCode !== undefined && !(Number.isInteger(exitCode) && exitCode >= 0 && exitCode < 256)) {
    throw invalid(`The exit code of check ${number} is from 0 to 255.`);
  }
  for (const part of [equals, contains]) if (part !== undefined) text(where, part, 0);
  const isTriedAgain = kind === 'Service' || kind === 'Port' || kind === 'Query';
  const within = isTriedAgain ? usualWithinSeconds : 0;
  return {
    ...lookOf(kind, request, where),
    name: name ?? usualName(kind, request),
    timeoutSeconds: seconds('TimeoutSeconds', request.TimeoutSeconds, usualSeconds),
    withinSeconds: seconds('WithinSeconds', request.WithinSeconds, within, 0),
    ...(exitCode !== undefined && { exitCode }),
    ...(equals !== undefined && { equals }),
    ...(contains !== undefined && { contains }),
  };
}

function lookOf(kind: (typeof kinds)[number], request: DrillCheckRequest, where: string) {
  const { Sha256: sha256, Port: port = 0 } = request;
  switch (kind) {
    case 'Command':
      return { kind: 'command', command: text(where, request.Command) } as const;
    case 'File':
      if (sha256 !== undefined && !/^[0-9a-f]{64}$/i.test(sha256)) {
        throw invalid(`${where} has a Sha256 that is not 64 hexadecimal digits.`);
      }
      return {
        ...({ kind: 'file', path: absolute(where, request.File) } as const),
        ...(sha256 !== undefined && { sha256: sha256.toLowerCase() }),
      };
    case 'Service':
      return { kind: 'service', service: word(where, request.Service) } as const;
    case 'Port':
      if (!(Number.isInteger(port) && port > 0 && port < 65_536)) {
        throw invalid(`${where} has a port that is none.`);
      }
      return { kind: 'port', port } as const;
    case 'Query':
      return queryOf(request, where);
  }
}

function queryOf(request: DrillCheckRequest, where: string) {
  const { Client: client, Database: database, User: user } = request;
  if (client !== 'psql' && client !== 'mysql') {
    throw invalid(`${where} has a Query, whose Client is psql or mysql.`);
  }
  return {
    ...({ kind: 'query', client, query: text(where, request.Query) } as const),
    ...(database !== undefined && { database: word(where, database) }),
    ...(user !== undefined && { user: word(where, user) }),
  };
}

function usualName(kind: (typeof kinds)[number], request: DrillCheckRequest): string {
  const line = String(request[kind]).trim().split('\n', 1)[0] ?? '';
  return `${kind.toLowerCase()} ${line}`.slice(0, nameMaxChars);
}

function text(where: string, value = '', min = 1): string {
  if (value.length >= min && value.length <= textMaxChars && !value.includes('\0')) return value;
  throw invalid(`${where} has a text that is empty, longer than ${textMaxChars} or has a NUL.`);
}

function absolute(where: string, value = ''): string {
  if (text(where, value).startsWith('/')) return value;
  throw invalid(`${where} has a path that does not begin with /.`);
}

/** An argument of a program, which must not take it for an option. */
function word(where: string, value = ''): string {
  if (/^[\w@.][\w@.:\\-]*$/.test(value) && value.length <= nameMaxChars) return value;
  throw invalid(`${where} has a name that is none: ${value.slice(0, nameMaxChars)}`);
}

function seconds(what: string, value: number | undefined, usual: number, min = 1): number {
  const given = value ?? usual;
  if (Number.isInteger(given) && given >= min && given <= secondsMax) return given;
  throw invalid(`${what} is a whole number from ${min} to ${secondsMax}.`);
}

function invalid(message: string): ServiceError {
  return new ServiceError('InvalidParameterValue', message);
}
