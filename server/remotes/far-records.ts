/**
 * What another Imago knows of a backup besides its blocks, told and asked by Imago's own actions.
 * What the text says is for domain/backups/backup-record.ts to read.
 */
import { idOf } from './ebs-direct.ts';
import { FarAwayError, type FarClient, FarError, jsonAnswer } from './far-client.ts';

/** A machine has no more volumes. */
const snapshotsMax = 64;

export class FarRecords {
  readonly #client: FarClient;

  constructor(client: FarClient) {
    this.#client = client;
  }

  async put(id: string, record: string): Promise<void> {
    const body = Buffer.from(JSON.stringify({ Record: record }));
    const headers = { 'content-type': 'application/json' };
    await this.#client.ask({ service: 'imago', method: 'PUT', path: pathOf(id), headers, body });
  }

  /** `snapshotIds`: those that are one backup of a machine. */
  async get(id: string): Promise<{ record: string; snapshotIds: string[] }> {
    const asked = { service: 'imago', method: 'GET', path: pathOf(id) } as const;
    const { body } = await this.#client.ask(asked);
    const { Record: record, SnapshotIds: ids } = jsonAnswer(body);
    if (typeof record !== 'string' || !Array.isArray(ids) || ids.length > snapshotsMax) {
      throw new FarAwayError(`what it answers of ${id} is no record`);
    }
    return { record, snapshotIds: ids.map((each) => idOf(each, 'snap')) };
  }
}

/** It is AWS, or an older Imago. */
export function isNoAction(error: unknown): boolean {
  return error instanceof FarError && error.code === 'UnknownOperationException';
}

const pathOf = (id: string) => `/imago/backups/${id}/record`;
