/**
 * For tests of scripts around snapshots: a policy with a document, a machine under it, and a guest
 * that remembers by name what was run in it, between which cuts.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { Host } from '../host/host.ts';
import { HostTimeoutError } from '../host/time-limits.ts';
import { NoAgentError } from '../hypervisor/hypervisor.ts';
import { createTags } from '../operations/ec2/tags/CreateTags.ts';
import { createDocument } from '../operations/ssm/CreateDocument.ts';
import { makePolicy, policyDetails, round } from '../operations/test-backup-policies.ts';
import { launchWritten } from './test-captures.ts';
import { type TestImago, withFaults } from './test-imago.ts';

export const scriptDocument = `schemaVersion: '2.2'
description: Holds the database still
parameters:
  command:
    type: String
    default: dry-run
    allowedValues: [pre-script, post-script, dry-run]
  executionId:
    type: String
    default: None
    allowedPattern: ^(None|[a-fA-F0-9-]{36})$
mainSteps:
- action: aws:runShellScript
  name: run
  precondition:
    StringEquals: [platformType, Linux]
  inputs:
    runCommand:
    - |
      #!/bin/bash
      database {{ command }} {{ executionId }}
`;

/** What each attempt of a script comes to; `done` where nothing is said. */
export type Fate = 'done' | 'fails' | 'never ends' | 'no agent' | 'reboots';

/** A guest whose database is held still by its first script, and let go by its second. */
export class ScriptGuest {
  /** Scripts as they began, and cuts: `pre`, `cut`, `post`. */
  readonly seen: string[] = [];
  readonly #fates: Partial<Record<string, Fate>>;
  readonly #begun = new Set<string>();
  readonly #ended = new Set<string>();
  isHeld = false;

  /** By stage and attempt, such as `pre 0`; by the stage alone for all its attempts. */
  constructor(fates: Partial<Record<string, Fate>> = {}) {
    this.#fates = fates;
  }

  readonly wrapHost = withFaults<Host>((host) => ({
    beginCommand: async (instanceId, command) => {
      const { stage, fate } = this.#of(command.id);
      if (fate === 'no agent') throw new NoAgentError('nobody answers');
      await host.beginCommand(instanceId, command);
      if (this.#begun.has(command.id)) return;
      this.#begun.add(command.id);
      const text = String(command.input);
      if (!text.includes(`database ${stage}-script `)) throw new Error(`no script: ${text}`);
      this.seen.push(stage);
      if (fate === 'done') this.isHeld = stage === 'pre';
    },
    commandState: async (instanceId, id, from) => {
      const { fate } = this.#of(id);
      if (fate === 'no agent') throw new HostTimeoutError('commandState');
      const state = await host.commandState(instanceId, id, from);
      if (!this.#begun.has(id) || fate === 'reboots') return { state: 'unknown' };
      if (state.state === 'unknown') return state;
      if (fate === 'never ends' && !this.#ended.has(id)) {
        const none = Buffer.alloc(0);
        return { state: 'running', elapsedSeconds: 500, stdout: none, stderr: none };
      }
      return { ...state, exitCode: fate === 'done' ? 0 : 7 };
    },
    endCommand: async (instanceId, id) => {
      await host.endCommand(instanceId, id);
      this.#ended.add(id);
    },
    pivot: async (request) => {
      const made = await host.pivot(request);
      this.seen.push('cut');
      return made;
    },
  }));

  get ended(): number {
    return this.#ended.size;
  }

  #of(id: string): { stage: string; fate: Fate } {
    const [, stage = '', attempt] = /-(pre|post)-(\d+)-\d+$/.exec(id) ?? [];
    const fate = this.#fates[`${stage} ${attempt}`] ?? this.#fates[stage] ?? 'done';
    return { stage, fate };
  }
}

/** A machine under a policy that is due each minute; answers its ids and the policy's. */
export async function underScripts(
  imago: TestImago,
  script: object = {},
): Promise<{ instanceId: string; volumeId: string; policyId: string }> {
  const [instanceId, volumeId] = await launchWritten(imago, 4096, 11);
  const Tags = [{ Key: 'backup', Value: 'yes' }];
  await imago.call(createTags, { Resources: [instanceId], Tags });
  const asked = { Name: 'hold', Content: scriptDocument, DocumentFormat: 'YAML' };
  await imago.call(createDocument, asked).catch((error) => {
    if (!(error instanceof ServiceError)) throw error;
  });
  const Scripts = [{ ExecutionHandler: 'hold', ExecutionTimeout: 1, ...script }];
  const CreateRule = { CronExpression: 'cron(* * * * ? *)', Scripts };
  const policyId = await makePolicy(
    imago.context(),
    policyDetails({ CreateRule }, { PolicyType: 'EBS_SNAPSHOT_MANAGEMENT' }),
  );
  return { instanceId, volumeId, policyId };
}

/** A minute later the policy is at work. */
export async function backUp(imago: TestImago): Promise<void> {
  imago.advance(60_000);
  await round(imago.context());
}

export function snapshotsOf(imago: TestImago, volumeId: string) {
  const { account } = imago.caller;
  return imago.catalog.read(({ snapshots }) => snapshots.list({ where: { account, volumeId } }));
}

/** Those of the scripts, in the order of their names. */
export function scriptTags({ tags }: { tags: Record<string, string> }): (string | undefined)[] {
  return [tags['aws:dlm:pre-script'], tags['aws:dlm:post-script']];
}
