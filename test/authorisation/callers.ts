/** Who asks in the matrix, each with an account and a key of its own, and what they have. */

import type { OperationContext } from '../../server/operations/operation.ts';
import { createTestContext, type TestContext } from '../../server/operations/test-context.ts';
import type { Noun, Sharing } from './table.ts';

const organization = 'o-abcdefghij';
const organizationArn = `arn:aws:organizations::111122223333:organization/${organization}`;

/** Of everything that the owner has; nobody else may ever read it. */
export const secretTag = 'secret-tag-of-the-owner';

export class Callers implements AsyncDisposable {
  readonly context: TestContext;
  readonly owner: OperationContext;
  readonly stranger: OperationContext;
  readonly operator: OperationContext;
  /** Who sees what is shared in a way. */
  readonly seers: Record<Sharing, OperationContext>;
  /** Of what it shares with somebody. */
  readonly shown = new Set<string>();
  readonly #nouns: ReadonlyMap<string, Noun>;
  /** By account and noun. */
  readonly #made = new Map<string, Promise<string>>();
  /** Ids of what the owner has and shows to nobody. */
  readonly secrets = new Set<string>([secretTag]);

  private constructor(
    context: TestContext,
    accounts: Pick<Callers, 'owner' | 'stranger' | 'seers'>,
    nouns: ReadonlyMap<string, Noun>,
  ) {
    this.context = context;
    this.operator = context;
    this.owner = accounts.owner;
    this.stranger = accounts.stranger;
    this.seers = accounts.seers;
    this.#nouns = nouns;
  }

  static async create(nouns: ReadonlyMap<string, Noun>): Promise<Callers> {
    const context = await createTestContext();
    const organizationPath = `${organization}/r-1a2b`;
    const stranger = await context.asNewAccount();
    const seers = {
      shared: await context.asNewAccount(),
      organization: await context.asNewAccount({ organizationPath }),
      public: stranger,
    };
    const owner = await context.asNewAccount();
    return new Callers(context, { owner, stranger, seers }, nouns);
  }

  noun(name: string): Noun {
    const noun = this.#nouns.get(name);
    if (!noun) throw new Error(`no table says how to make a ${name}`);
    return noun;
  }

  /**
   * One of the caller's: the same each time, unless a `fresh` one is wanted, which may not last.
   */
  async own(context: OperationContext, name: string, fresh = false): Promise<string> {
    const key = `${context.caller.account} ${name}`;
    const made = (fresh ? undefined : this.#made.get(key)) ?? this.noun(name).make(context);
    if (!fresh) this.#made.set(key, made);
    const id = await made;
    if (context === this.owner) {
      if (!this.noun(name).open) this.secrets.add(id);
      await this.#tag(id);
    }
    return id;
  }

  /** One of the owner's that is shared in this way. */
  async shared(name: string, sharing: Sharing): Promise<string> {
    const noun = this.noun(name);
    const key = `${sharing} ${name}`;
    const made = this.#made.get(key) ?? noun.make(this.owner);
    this.#made.set(key, made);
    const id = await made;
    const { account } = this.seers.shared.caller;
    const permission = { shared: account, organization: organizationArn, public: 'all' }[sharing];
    await noun.share?.(this.owner, id, permission);
    this.shown.add(id);
    await this.#tag(id);
    return id;
  }

  /** Where a thing has tags. */
  async #tag(id: string): Promise<void> {
    const { catalog } = this.context;
    await catalog.write(async (transaction) => {
      for (const table of ['images', 'instances', 'snapshots', 'volumes', 'keyPairs'] as const) {
        const row = await transaction[table].get(id);
        const tags = { [secretTag]: 'is its' };
        if (row) await (transaction[table].update as (row: unknown) => unknown)({ ...row, tags });
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.context[Symbol.asyncDispose]();
  }
}
