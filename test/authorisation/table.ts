/**
 * What the authorisation matrix is told of each action: which members of its input name things that
 * belong to accounts, and what is answered to those who may not touch them. A file a noun in
 * tables/, all of which are found by themselves.
 */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { OperationContext } from '../../server/operations/operation.ts';

/** With the caller's account, with the organization that it is in, with all. */
export type Sharing = 'shared' | 'organization' | 'public';

/** `ok`, or the code of an error. */
export type Outcome = string;

/** A kind of thing that an account has. */
export interface Noun {
  /** Makes one of the caller's, and answers what requests call it. */
  make(context: OperationContext): Promise<string>;
  /** Well formed, and nobody's. */
  missing: string;
  /** Answered for one that the caller does not see, in the words for one that does not exist. */
  unseen: Outcome;
  /** Others may come across it where things are shared, as they do with ids of accounts. */
  open?: true;
  /** The ways in which it can be shared; none when absent. */
  sharings?: readonly Sharing[];
  /** Shows it to an account, `all`, or an ARN of an organization. */
  share?(context: OperationContext, id: string, permission: string): Promise<void>;
}

/** A member of an input that names something. */
export interface Naming {
  /** Without marks of lists: `BlockDeviceMappings.Ebs.SnapshotId`. */
  path: string;
  noun: string;
  /** Members that it needs beside it. */
  with?: object;
  /** A member that the action needs otherwise. */
  without?: string;
  /** For the owner; `ok` when absent. */
  owner?: Outcome;
  /** Where it is not the noun's. */
  unseen?: Outcome;
  /** Of one that is shared with the caller, however. */
  seen?: Outcome;
  /** Where these differ from `seen`. */
  shared?: Outcome;
  organization?: Outcome;
  public?: Outcome;
  /** An operator that is not the owner; as a stranger when absent. */
  operator?: Outcome;
}

export interface Action {
  /** What every request of it needs. */
  with?: object;
  /** The same, where it names things of the caller's: path to noun. */
  needs?: Record<string, string>;
  names?: readonly Naming[];
  /** Members that look like names of things, and are none. */
  plain?: readonly string[];
  /** Done, not only tried: what its answer says of each thing is looked at. */
  done?: true;
  /** It is a WebSocket's, and asked for without one here. */
  connects?: true;
}

export interface AuthorisationTable {
  nouns?: Record<string, Noun>;
  /** By service and action, such as `ec2.CreateImage`. */
  actions: Record<string, Action>;
}

/** An action whose answer concerns nobody's things, or only the caller's. */
export const ownOnly: Action = {};

/** Of one thing. */
export function byOne(path: string, noun: string, more: Partial<Naming> & Action = {}): Action {
  const { with: needed, needs, plain, done, connects, names = [], ...naming } = more;
  return {
    with: needed,
    needs,
    plain,
    done,
    connects,
    names: [{ path, noun, ...naming }, ...names],
  };
}

/** Of what is made, and is to be encrypted. */
export const kmsKeyId: Naming = {
  path: 'KmsKeyId',
  noun: 'kmsKey',
  with: { Encrypted: true },
  unseen: 'InvalidKMSKey.NotFound',
};

export async function readTables(): Promise<{
  nouns: Map<string, Noun>;
  actions: Map<string, Action>;
}> {
  const folder = path.join(import.meta.dirname, 'tables');
  const [nouns, actions] = [new Map<string, Noun>(), new Map<string, Action>()];
  for (const file of readdirSync(folder)) {
    const { table } = (await import(path.join(folder, file))) as { table: AuthorisationTable };
    for (const [name, noun] of Object.entries(table.nouns ?? {})) nouns.set(name, noun);
    for (const [name, action] of Object.entries(table.actions)) {
      if (actions.has(name)) throw new Error(`${name} is in two tables`);
      actions.set(name, action);
    }
  }
  return { nouns, actions };
}
