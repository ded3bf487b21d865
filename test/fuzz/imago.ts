/**
 * A real Imago with simulated machines, an image and three accounts, and requests at random to it.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { RunInstancesCommand } from '@aws-sdk/client-ec2';
import type { ListAccountsResult } from '../../api/imago-accounts.ts';
import { services } from '../../server/operations/generated/tables.ts';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess, launcher } from '../support/imago.ts';
import { providerImage } from '../support/launch.ts';
import { type FuzzResult, fuzz } from './run.ts';

const tellEach = 10_000;

/** A request may name a vendor's image: nothing is asked of the vendor. */
const nowhere = {
  NODE_USE_ENV_PROXY: '1',
  http_proxy: 'http://127.0.0.1:9',
  https_proxy: 'http://127.0.0.1:9',
};

export interface FuzzReport extends FuzzResult {
  /** Of the server, after each thousand. */
  memory: Memory[];
}

export interface Memory {
  /** What is left when garbage is collected. */
  usedMb: number;
  residentMb: number;
}

export async function fuzzImago(
  seed: number,
  count: number,
  { patient, tell }: { patient: boolean; tell?: (line: string) => void },
): Promise<FuzzReport> {
  const home = await homeWith('micro');
  const memoryFile = path.join(home, 'memory');
  const imago = await ImagoProcess.start({
    hypervisor: 'simulated',
    home,
    regions: ['us-east-1', 'eu-west-1'],
    environment: {
      NODE_OPTIONS: `--expose-gc --import ${path.join(import.meta.dirname, 'report-memory.ts')}`,
      IMAGO_MEMORY_FILE: memoryFile,
      ...nowhere,
    },
  });
  try {
    const others = [await newAccount(imago, 'one'), await newAccount(imago, 'two')];
    const accounts = (await accountsOf(imago)).map(({ AccountId }) => AccountId);
    const { pid } = imago;
    const result = await fuzz({
      services,
      port: Number(new URL(imago.endpoint).port),
      keys: [imago.credentials, ...others],
      accounts,
      instanceId: await launched(imago),
      seed,
      count,
      patient,
      onProgress(done, faults) {
        process.kill(pid, 'SIGUSR2');
        if (done % tellEach === 0) tell?.(`${done} asked, ${faults} faults`);
      },
    });
    const failed = imago.log.split('\n').filter((line) => line.includes('"level":"error"'));
    return { ...result, memory: readMemory(memoryFile), faults: [...result.faults, ...failed] };
  } finally {
    await imago.dispose();
  }
}

async function launched(imago: ImagoProcess): Promise<string> {
  const ec2 = imago.ec2();
  const { ImageId } = await providerImage(ec2, 'imago-micro-*');
  const launch = new RunInstancesCommand({ ImageId, MinCount: 1, MaxCount: 1 });
  return (await ec2.send(launch)).Instances?.[0]?.InstanceId ?? '';
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

function readMemory(file: string): Memory[] {
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  return lines.map((line) => {
    const [usedMb = 0, residentMb = 0] = line.split(' ').map((bytes) => Number(bytes) / 2 ** 20);
    return { usedMb, residentMb };
  });
}
