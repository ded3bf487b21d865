/**
 * An Imago whose clock a test sets, for clients of any kind: the API over HTTP, rounds, tasks and
 * driver in this process, machines simulated, blocks in memory. Time passes only when it is told
 * to, but for what its work takes; rounds are made when it has.
 * Requests are signed by the clock of the host, which is their clients'.
 */
import { lookAtBackups } from '../../server/backup-rounds.ts';
import { unfinishedStates } from '../../server/domain/tasks.ts';
import { removeExpired } from '../../server/expiry-rounds.ts';
import {
  keyOf,
  startTestApi,
  type TestApi,
  type TestApiOptions,
} from '../../server/http/test-api.ts';
import type { OperationContext } from '../../server/operations/operation.ts';
import { TestImago } from '../../server/tasks/test-imago.ts';
import { lookAtVaults } from '../../server/vault-rounds.ts';
import type { Reachable } from './debian-client.ts';
import type { Credentials } from './imago.ts';

/** Something that was ordered is looked at so much later. */
const betweenRoundsMs = 20_000;
/** An order, what is wanted of what it made, and what comes of that. */
const roundsAtATime = 5;

export class ClockedImago implements AsyncDisposable, Reachable {
  readonly imago: TestImago;
  readonly endpoint: string;
  readonly home: string;
  readonly credentials: Credentials;
  readonly #context: OperationContext;
  readonly #api: TestApi;

  private constructor(imago: TestImago, context: OperationContext, api: TestApi, key: Credentials) {
    this.imago = imago;
    this.home = imago.home.folder;
    this.credentials = key;
    this.#context = context;
    this.#api = api;
    this.endpoint = `http://127.0.0.1:${api.port}`;
  }

  static async start(options?: TestApiOptions): Promise<ClockedImago> {
    const imago = await TestImago.start();
    const context = imago.context();
    const api = await startTestApi(context, options);
    return new ClockedImago(imago, context, api, await keyOf(imago, imago.caller));
  }

  get now(): Date {
    return this.#context.clock.now();
  }

  /** All that is due then has come to its end after it. */
  async passTo(time: Date): Promise<void> {
    this.imago.advance(time.getTime() - this.now.getTime());
    await this.settle();
  }

  /** So does what was ordered just now, within two minutes. */
  async settle(): Promise<void> {
    for (let round = 0; round < roundsAtATime; round++) {
      await this.#round();
      this.imago.advance(betweenRoundsMs);
    }
    await this.#round();
  }

  /** As a running Imago does between two of a test's looks. */
  async passRound(): Promise<void> {
    this.imago.advance(betweenRoundsMs);
    await this.#round();
  }

  async #round(): Promise<void> {
    const services = { ...this.imago.services, orders: this.#context.catalog };
    await lookAtVaults(services);
    await lookAtBackups(services);
    await removeExpired(services);
    await this.imago.until('all tasks have ended', async () => {
      const where = { state: unfinishedStates };
      return (await this.imago.catalog.read(({ tasks }) => tasks.count({ where }))) === 0;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#api[Symbol.asyncDispose]();
    await this.imago[Symbol.asyncDispose]();
  }
}
