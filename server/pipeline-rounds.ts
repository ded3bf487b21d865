/**
 * Image pipelines whose time has come begin to build, and lifecycle policies are carried out, at the
 * start and every few seconds: what was missed while Imago was down is made up for once.
 */
import type { Catalog } from './catalog/catalog.ts';
import type { Clock, Ids } from './domain/identity.ts';
import { runDuePolicies } from './domain/imagebuilder/lifecycle.ts';
import { beginDuePipelines } from './domain/imagebuilder/pipelines.ts';
import type { Site } from './domain/site.ts';
import type { Log } from './foundations/log.ts';
import { beginRounds } from './rounds.ts';

/** Schedules are by the minute. */
const everyMs = 15_000;

export interface PipelineServices {
  /** Of whose writes the runner of tasks hears. */
  orders: Catalog;
  clock: Clock;
  ids: Ids;
  site: Site;
  log: Log;
}

export function beginPipelineRounds(services: PipelineServices): AsyncDisposable {
  const look = () =>
    lookAtPipelines(services)
      .catch((error) => services.log.error('image pipelines could not be looked at', { error }))
      .then(() => lookAtPolicies(services))
      .catch((error) => services.log.error('a lifecycle policy could not go on', { error }));
  return beginRounds(look, everyMs);
}

export async function lookAtPipelines(services: PipelineServices): Promise<void> {
  const { orders, clock, ids, site, log } = services;
  const place = { clock, ids, hostId: site.hostId };
  for (const { arn, why } of await beginDuePipelines(orders, place)) {
    log.warn('an image pipeline could not begin', { pipeline: arn, why: why.message });
  }
}

export async function lookAtPolicies({ orders, clock, log }: PipelineServices): Promise<void> {
  for (const { why, ...left } of await runDuePolicies(orders, clock)) {
    log.warn('a lifecycle policy leaves an image as it is', { ...left, why: why.message });
  }
}
