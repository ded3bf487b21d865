/**
 * Faults as stories take them: which call of which port fails, and, where that matters, since
 * which step.
 */
import type { BlockStore, BlockWriter } from '../blocks/block-store.ts';
import type { DataPlane } from '../data-plane/data-plane.ts';
import type { Files } from '../files/files.ts';
import type { Host } from '../host/host.ts';
import type { Hypervisor } from '../hypervisor/hypervisor.ts';
import type { PortForwarder } from '../port-forwarder/port-forwarder.ts';
import {
  type Double,
  type FaultKind,
  failing,
  failingWrites,
  faultKinds,
  type WritesToFail,
} from './test-faults.ts';
import { type TestImagoOptions, withFaults } from './test-imago.ts';

/** Far above what a call takes that is answered, and short enough to wait for. */
export const timeLimits = { callMs: 600, machineMs: 600, silenceMs: 600 };

/** More often than a step and all that follows its failure try; then everything goes on. */
export const forLong = 16;

export interface Fault {
  options: TestImagoOptions;
  happened: () => boolean;
  end: () => void;
}

export interface Faulty {
  kinds: readonly FaultKind[];
  make(kind: FaultKind, times: number): Fault;
}

/** What the two who work on the same thing make of a fault. */
export interface Story {
  calls: Record<string, Faulty>;
  /** Answers whether the fault happened. */
  tell(fault: Fault, order: { secondFirst: boolean }): Promise<boolean>;
}

type Wrap = Exclude<
  keyof TestImagoOptions,
  'onStep' | 'timeLimits' | 'elsewhereIsAbsent' | 'filePlaces'
>;

function of<Port extends object>(wrapped: Wrap): (method: keyof Port, since?: string) => Faulty {
  return (method, since) =>
    since === undefined
      ? faultyWith(faultKinds, (kind, times) =>
          optionsOf(wrapped, failing<Port>(method, kind, times)),
        )
      : sinceStep(since, faultKinds, (kind, times, isArmed) =>
          optionsOf(wrapped, failing<Port>(method, kind, times, isArmed)),
        );
}

export const ofHost = of<Host>('wrapHost');
export const ofHypervisor = of<Hypervisor>('wrap');
export const ofDataPlane = of<DataPlane>('wrapDataPlane');
export const ofBlocks = of<BlockStore>('wrapBlocks');
export const ofFiles = of<Files>('wrapFiles');
export const ofPortForwarder = of<PortForwarder>('wrapPortForwarder');

/** `begin` answers at once, or throws. */
export const ofBegin: Faulty = faultyWith(['throws', 'performs and throws'], (kind, times) => {
  let calls = 0;
  const wrapBlocks = withFaults<BlockStore>((store) => ({
    begin() {
      if (calls++ >= times) return store.begin();
      if (kind === 'performs and throws') store.begin();
      throw new Error(`begin ${kind}`);
    },
  }));
  return { options: { wrapBlocks }, happened: () => calls > 0, end: () => {} };
});

/** Of all writers together. */
export function ofWriters(method: keyof BlockWriter): Faulty {
  return faultyWith(faultKinds, (kind, times) => {
    const { wrap, ...double } = failing<BlockWriter>(method, kind, times);
    const wrapBlocks = withFaults<BlockStore>((store) => ({ begin: () => wrap(store.begin()) }));
    return { options: { wrapBlocks }, ...double };
  });
}

/** Since a step begins. Every catalog answers: SQLite at once, PostgreSQL within its own time. */
export function ofCatalog(since: string, writes: WritesToFail): Faulty {
  return sinceStep(since, ['throws', 'performs and throws'], (kind, times, isArmed) =>
    optionsOf('wrapCatalog', failingWrites(writes, kind, times, isArmed)),
  );
}

/** Writes of each of these steps, and what the runner then records. */
export function ofCatalogIn(steps: readonly string[]): Record<string, Faulty> {
  return Object.fromEntries(
    steps.flatMap((step) => [
      [`catalog write in ${step}`, ofCatalog(step, { of: 'others' })],
      [`second catalog write in ${step}`, ofCatalog(step, { of: 'others', after: 1 })],
      [`record of ${step}`, ofCatalog(step, { of: 'runner' })],
    ]),
  );
}

function faultyWith(
  kinds: readonly FaultKind[],
  make: (kind: FaultKind, times: number) => Fault,
): Faulty {
  return { kinds, make };
}

function sinceStep(
  name: string,
  kinds: readonly FaultKind[],
  make: (kind: FaultKind, times: number, isArmed: () => boolean) => Fault,
): Faulty {
  return faultyWith(kinds, (kind, times) => {
    let isArmed = false;
    const { options, ...fault } = make(kind, times, () => isArmed);
    const onStep = (_kind: string, step: string) => {
      if (step === name) isArmed = true;
    };
    return { options: { ...options, onStep }, ...fault };
  });
}

function optionsOf<Port>(wrapped: Wrap, { wrap, ...double }: Double<Port>): Fault {
  return { options: { [wrapped]: wrap }, ...double };
}
