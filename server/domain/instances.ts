/**
 * The states of an instance, as EC2 has them. Every change of state goes through `moved`, inside a
 * catalog transaction:
 *
 *   RunInstances                  first start            (guest's own power-off, StopInstances,
 *        \                       /          \             machine lost)
 *         v                     v            \
 *       pending --started--> running -----------> stopping --> stopped --StartInstances--> pending
 *        |  |                   |                     |           |
 *        |  \--start failed: stopped (or terminated, if it never ran)
 *        \--------------TerminateInstances------------+-----------/
 *                               v
 *                        shutting-down ----> terminated ----an hour later----> (no row)
 *
 * Who moves: requests into pending, stopping, shutting-down; driver/driver.ts out of them.
 * It knows nothing of machines, files or the wire.
 */
import { createHash } from 'node:crypto';
import { ServiceError } from '../../api/service-error.ts';
import type { InstanceRow, InstanceState } from '../catalog/rows/instance.ts';
import type { StateReason } from '../catalog/rows/row.ts';
import { requiredRow, requiredRows } from './resource-ids.ts';

const transitions: Record<InstanceState, readonly InstanceState[]> = {
  pending: ['running', 'shutting-down', 'stopped', 'terminated'],
  running: ['stopping', 'shutting-down'],
  stopping: ['stopped', 'shutting-down'],
  stopped: ['pending', 'shutting-down'],
  'shutting-down': ['terminated'],
  terminated: [],
};

/** States in which a machine is to be made, kept or taken away. */
export const drivenStates = [
  'pending',
  'running',
  'stopping',
  'shutting-down',
] as const satisfies readonly InstanceState[];

/** All but terminated: such an instance has its addresses and is in its security groups. */
export const livingStates = [
  ...drivenStates,
  'stopped',
] as const satisfies readonly InstanceState[];

/** EC2's number beside each state. */
export const instanceStateCodes: Record<InstanceState, number> = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

const stateReasons = {
  userStop: userReason('Client.UserInitiatedShutdown', 'User initiated shutdown'),
  guestShutdown: userReason('Client.InstanceInitiatedShutdown', 'Instance initiated shutdown'),
  machineLost: userReason(
    'Server.InternalError',
    'The process of the virtual machine ended by itself; start the instance again',
  ),
} as const;

function userReason(code: string, sentence: string): StateReason {
  return { code, message: `${code}: ${sentence}` };
}

/** Somebody has ended it, by EC2's API. */
export function isEndedByUser({ stateReason }: InstanceRow): boolean {
  return stateReason?.code === stateReasons.userStop.code;
}

export interface Reason {
  stateReason?: StateReason;
  /** Such as `User initiated`; the time is added. */
  transition?: string;
}

export const requiredInstances = requiredRows('instance');
export const requiredInstance = requiredRow(requiredInstances);

/** The row in its new state. A transition that is not drawn above is a bug and throws. */
export function moved(row: InstanceRow, state: InstanceState, now: Date, why: Reason = {}) {
  if (!transitions[row.state].includes(state)) {
    throw new Error(`instance ${row.id} cannot go from ${row.state} to ${state}`);
  }
  const { forceStop: _, haltedBy, ...rest } = row;
  const next: InstanceRow = {
    ...rest,
    ...(haltedBy !== undefined && state === 'running' && { haltedBy }),
    state,
    stateSince: now.toISOString(),
    stateReason: why.stateReason,
    stateTransitionReason: why.transition && `${why.transition} (${ec2Time(now)})`,
  };
  return next;
}

/** `2026-11-23 10:00:00 GMT` */
function ec2Time(now: Date): string {
  return `${now.toISOString().slice(0, 19).replace('T', ' ')} GMT`;
}

/** What StartInstances makes of it; undefined when it runs already. */
export function startRequested(row: InstanceRow, now: Date): InstanceRow | undefined {
  if (row.state === 'running' || row.state === 'pending') return undefined;
  if (row.state !== 'stopped') throw incorrectState(row, 'started');
  return { ...moved(row, 'pending', now), launchedAt: now.toISOString() };
}

/** What StopInstances makes of it; undefined when there is nothing to do. */
export function stopRequested(
  row: InstanceRow,
  now: Date,
  { force }: { force: boolean },
): InstanceRow | undefined {
  if (row.state === 'stopped') return undefined;
  if (row.state === 'stopping') return force ? { ...row, forceStop: true } : undefined;
  if (row.state !== 'running') throw incorrectState(row, 'stopped');
  if (row.disableApiStop) throw protectedInstance(row, 'stopped', 'disableApiStop');
  const next = moved(row, 'stopping', now, {
    stateReason: stateReasons.userStop,
    transition: 'User initiated',
  });
  return force ? { ...next, forceStop: true } : next;
}

/** What TerminateInstances makes of it; undefined when that is done or under way. */
export function terminateRequested(
  row: InstanceRow,
  now: Date,
  { force }: { force: boolean },
): InstanceRow | undefined {
  if (row.state === 'terminated') return undefined;
  if (row.state === 'shutting-down') return force ? { ...row, forceStop: true } : undefined;
  if (row.disableApiTermination) {
    throw protectedInstance(row, 'terminated', 'disableApiTermination');
  }
  // EC2's protection against stops covers this too.
  if (row.disableApiStop) throw protectedInstance(row, 'terminated', 'disableApiStop');
  const next = moved(row, 'shutting-down', now, {
    stateReason: stateReasons.userStop,
    transition: 'User initiated',
  });
  return force ? { ...next, forceStop: true } : next;
}

/** The guest powered itself off. */
export function guestShutDown(row: InstanceRow, now: Date): InstanceRow {
  const state = row.shutdownBehavior === 'terminate' ? 'shutting-down' : 'stopping';
  return moved(row, state, now, { stateReason: stateReasons.guestShutdown });
}

/** Its process is gone, and nobody asked for that. */
export function machineLost(row: InstanceRow, now: Date): InstanceRow {
  return moved(row, 'stopping', now, {
    stateReason: stateReasons.machineLost,
    transition: 'Server.InternalError',
  });
}

/** The machine could not be started. An instance that has run before keeps its volumes. */
export function startFailed(row: InstanceRow, now: Date, stateReason: StateReason): InstanceRow {
  return moved(row, row.machine ? 'stopped' : 'shutting-down', now, {
    stateReason,
    transition: stateReason.code,
  });
}

/**
 * At rest: stopped or terminated, with the reason that sent it there. `clean`: the guest had shut
 * itself down.
 */
export function cameToRest(
  row: InstanceRow,
  now: Date,
  { clean }: { clean: boolean },
): InstanceRow {
  const { stateReason, stateTransitionReason } = row;
  const state = row.state === 'stopping' ? 'stopped' : 'terminated';
  const rest = { ...moved(row, state, now), stateReason, stateTransitionReason };
  if (state === 'stopped') return clean ? rest : { ...rest, forceStop: true };
  return { ...rest, terminatedAt: now.toISOString() };
}

export function incorrectState(row: InstanceRow, verb: string): ServiceError {
  return new ServiceError(
    'IncorrectInstanceState',
    `The instance '${row.id}' is not in a state from which it can be ${verb}.`,
  );
}

function protectedInstance({ id }: InstanceRow, verb: string, attribute: string): ServiceError {
  return new ServiceError(
    'OperationNotPermitted',
    `The instance '${id}' may not be ${verb}. Modify its '${attribute}' instance attribute and try again.`,
  );
}

/** What its firmware is: an image that allows both is booted by UEFI. */
export function currentBootMode({ bootMode }: InstanceRow): 'uefi' | 'legacy-bios' {
  return bootMode?.startsWith('uefi') ? 'uefi' : 'legacy-bios';
}

/** SMBIOS UUID: cloud-init knows an EC2 instance by its `ec2` in front. */
export function machineUuid(instanceId: string): string {
  return uuidOf(`ec2${sha256(instanceId)}`);
}

/**
 * The instance's own from its first start to its end: a copy of its disks has another, since it is
 * another instance.
 */
export function generationId(instanceId: string): string {
  return uuidOf(sha256(`generation of ${instanceId}`));
}

function uuidOf(hex: string): string {
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20, 32),
  ].join('-');
}

/** Locally administered unicast address. */
export function macAddress(networkInterfaceId: string): string {
  return `02:${sha256(networkInterfaceId).slice(0, 10).match(/../g)?.join(':')}`;
}

/** EC2's name for it, which it and the others of its VPC resolve. */
export function privateDnsName({
  privateIp,
  region,
}: {
  privateIp: string;
  region: string;
}): string {
  return `ip-${privateIp.replaceAll('.', '-')}.${privateDomain(region)}`;
}

/** us-east-1 has one of its own for history's sake. */
export function privateDomain(region: string): string {
  return region === 'us-east-1' ? 'ec2.internal' : `${region}.compute.internal`;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
