/**
 * A real Imago with simulated machines, an image and three accounts, and requests at random to it.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import type { ListAccountsResult } from '../../api/imago-accounts.ts';
import { services } from '../../server/operations/generated/tables.ts';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess, launcher } from '../support/imago.ts';
import { type FuzzResult, fuzz } from './run.ts';

const tellEach = 10_000;

export interface FuzzReport extends FuzzResult {
  /** Of the process, after each thousand. */
  memoryMb: number[];
}

export async function fuzzImago(
  seed: number,
  count: number,
  { patient, tell }: { patient: boolean; tell?: (line: string) => void },
): Promise<FuzzReport> {
  const imago = await ImagoProcess.start({
    hypervisor: 'simulated',
    home: await homeWith('micro'),
    regions: ['us-east-1', 'eu-west-1'],
  });
  try {
    const others = [await newAccount(imago, 'one'), await newAccount(imago, 'two')];
    const accounts = (await accountsOf(imago)).map(({ AccountId }) => AccountId);
    const { pid } = imago;
    const memoryMb: number[] = [];
    const result = await fuzz({
      services,
      port: Number(new URL(imago.endpoint).port),
      keys: [imago.credentials, ...others],
      accounts,
      seed,
      count,
      patient,
      onProgress(done, faults) {
        memoryMb.push(residentMb(pid));
        const megabytes = memoryMb.at(-1)?.toFixed(0);
        if (done % tellEach === 0) tell?.(`${done} asked, ${faults} faults, ${megabytes} MB`);
      },
    });
    const failed = imago.log.split('\n').filter((line) => line.includes('"level":"error"'));
    return { ...result, memoryMb, faults: [...result.faults, ...failed] };
  } finally {
    await imago.dispose();
  }
}

async function newAccount(imago: ImagoProcess, name: string) {
  const made = await accountsCommand(imago, ['create', name]);
  return made as { accessKeyId: string; secretAccessKey: string };
}

async function accountsOf(imago: ImagoProcess) {
  const { Accounts } = (await accountsCommand(imago, ['list'])) as ListAccountsResult;
  return Accounts;
}

async function accountsCommand({ home }: ImagoProcess, words: string[]): Promise<unknown> {
  const options = ['accounts', ...words, '--json', '--home', home];
  return JSON.parse((await promisify(execFile)(launcher, options)).stdout);
}

function residentMb(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s*(\d+) kB/m.exec(status)?.[1]) / 1024;
}
