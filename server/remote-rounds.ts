/**
 * Sends backups with a tag to the remotes that ask for them, as soon as they are whole. It goes
 * through all that have the tag once after a start, and when a remote is made; from then on through
 * what has changed alone. What failed is sent again an hour later.
 */
import { ServiceError } from '../api/service-error.ts';
import type { Catalog } from './catalog/catalog.ts';
import type { ChangeFeed, RowChange } from './catalog/change-feed.ts';
import type { RemoteRow } from './catalog/rows/remote.ts';
import { tagPrefix, viewerKey } from './catalog/rows/row.ts';
import { groupsOf } from './domain/accounts.ts';
import { firstOf } from './domain/backups/record-tags.ts';
import { orderPush } from './domain/backups/remote-transfers.ts';
import { sendingRemotes } from './domain/backups/remotes.ts';
import { toBeSent } from './domain/backups/sent-by-tag.ts';
import type { Clock, Ids } from './domain/identity.ts';
import type { Site } from './domain/site.ts';
import type { Log } from './foundations/log.ts';
import { beginRounds } from './rounds.ts';

const everyMs = 15_000;
const againMs = 60 * 60_000;
const rowsAtATime = 500;

export interface RemoteRoundServices {
  /** Of whose writes the runner of tasks hears. */
  orders: Catalog;
  changes: Pick<ChangeFeed, 'follow'>;
  clock: Clock;
  ids: Ids;
  site: Site;
  log: Log;
}

export function beginRemoteRounds(services: RemoteRoundServices): AsyncDisposable {
  const senders = new RemoteSenders(services);
  const look = () =>
    senders.look().catch((error) => services.log.error('backups could not be sent', { error }));
  const rounds = beginRounds(look, everyMs);
  return {
    async [Symbol.asyncDispose]() {
      await rounds[Symbol.asyncDispose]();
      senders[Symbol.dispose]();
    },
  };
}

export class RemoteSenders implements Disposable {
  readonly #services: RemoteRoundServices;
  /** Owners, and how to hear no more of their rows. */
  readonly #followed = new Map<string, () => void>();
  /** Remotes for which all was gone through. */
  readonly #known = new Set<string>();
  /** Backups to look at, and from when on. */
  readonly #due = new Map<string, number>();
  readonly #transfers = new Set<string>();

  constructor(services: RemoteRoundServices) {
    this.#services = services;
  }

  [Symbol.dispose](): void {
    for (const stop of this.#followed.values()) stop();
    this.#followed.clear();
  }

  async look(): Promise<void> {
    const remotes = await this.#services.orders.read(sendingRemotes);
    this.#follow(remotes);
    for (const remote of remotes) {
      if (this.#known.has(remote.id)) continue;
      await this.#goThrough(remote);
      this.#known.add(remote.id);
    }
    await this.#lookAtTransfers();
    const now = this.#services.clock.monotonicMs();
    for (const [id, at] of [...this.#due]) {
      if (at > now) continue;
      this.#due.delete(id);
      for (const remote of remotes) await this.#send(remote, id);
    }
  }

  /** Before anything is gone through, so that nothing comes between. */
  #follow(remotes: readonly RemoteRow[]): void {
    const keys = new Set(remotes.map(({ region, account }) => viewerKey(region, account)));
    for (const [key, stop] of this.#followed) {
      if (keys.has(key)) continue;
      stop();
      this.#followed.delete(key);
    }
    const hear = (change?: RowChange) => this.#hear(change);
    for (const key of keys) {
      if (this.#followed.has(key)) continue;
      this.#followed.set(key, this.#services.changes.follow([key], hear));
    }
  }

  #hear(change: RowChange | undefined): void {
    if (!change) this.#known.clear();
    else if (change.table === 'images' || change.table === 'snapshots') this.#due.set(change.id, 0);
    else if (change.table === 'remoteTransfers') this.#transfers.add(change.id);
  }

  async #goThrough(remote: RemoteRow): Promise<void> {
    const { account, region, sends = [] } = remote;
    for (const { key, value } of sends) {
      const where = { account, region, tag: tagPrefix(remote, key) + value };
      for await (const id of this.#idsWhere(where)) this.#due.set(id, 0);
    }
  }

  /** Of images and snapshots. */
  async *#idsWhere(where: { account: string; region: string; tag: string }) {
    const { orders } = this.#services;
    for (const table of ['images', 'snapshots'] as const) {
      for (let after: string | undefined = ''; after !== undefined; ) {
        const asked = { where, after, limit: rowsAtATime };
        const ids: string[] = await orders.read(async ({ images, snapshots }) => {
          const rows = await (table === 'images' ? images.list(asked) : snapshots.list(asked));
          return rows.map(({ id }) => id);
        });
        yield* ids;
        after = ids.length < rowsAtATime ? undefined : ids.at(-1);
      }
    }
  }

  async #lookAtTransfers(): Promise<void> {
    const { orders, clock } = this.#services;
    for (const id of [...this.#transfers]) {
      this.#transfers.delete(id);
      const row = await orders.read(({ remoteTransfers }) => remoteTransfers.get(id));
      if (row?.state !== 'failed' || row.direction !== 'push') continue;
      this.#due.set(row.sourceId, clock.monotonicMs() + againMs);
    }
  }

  async #send(remote: RemoteRow, id: string): Promise<void> {
    const { orders, clock, ids, site, log } = this.#services;
    const place = { clock, ids, hostId: site.hostId };
    try {
      await orders.write(async (transaction) => {
        const row = (await transaction.images.get(id)) ?? (await transaction.snapshots.get(id));
        const account = await transaction.accounts.get(remote.account);
        const sent = row && (await toBeSent(transaction, remote, row));
        if (!sent || !account) return;
        const viewer = { account: account.id, region: remote.region, groups: groupsOf(account) };
        const order = { backupId: sent.id, remote, copyOf: firstOf(sent) };
        await orderPush(transaction, viewer, order, place);
      });
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      log.warn('a backup could not be sent', { backup: id, remote: remote.id, error });
      this.#due.set(id, clock.monotonicMs() + againMs);
    }
  }
}
