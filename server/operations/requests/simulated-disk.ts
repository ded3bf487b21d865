/** The disk that a simulation counts bytes by: as it is said, as a source's backups tell, or assumed. */
import type { SimulateBackupsRequest } from '../../../api/imago-simulate.ts';
import { ServiceError } from '../../../api/service-error.ts';
import { dailyChange, takenOf, usedBytes } from '../../domain/backups/source-history.ts';
import type { DiskGuess } from '../../domain/backups/stored-guess.ts';
import { gibBytes, mibBytes } from '../../foundations/sizes.ts';
import type { OperationContext } from '../operation.ts';

const sizeGiBMax = 65_536;
const usual = { sizeGiB: 8, changedShare: 0.01 };

type From = 'request' | 'backups' | 'assumed';

export interface SimulatedDisk extends DiskGuess {
  sizeFrom: From;
  changeFrom: From;
  /** Of backups. */
  compared?: number;
}

export async function simulatedDisk(
  input: SimulateBackupsRequest,
  { catalog, caller, blocks }: Pick<OperationContext, 'catalog' | 'caller' | 'blocks'>,
): Promise<SimulatedDisk> {
  const { SizeGiB: sizeGiB, DailyChangeMiB: changedMiB, SourceId: sourceId } = input;
  if (sizeGiB !== undefined) checkNumber('SizeGiB', sizeGiB, 1, sizeGiBMax);
  if (sourceId !== undefined && !/^(i|vol)-[0-9a-f]{8,17}$/.test(sourceId)) {
    throw invalid(`SourceId '${sourceId}' is no id of an instance or a volume`);
  }
  const taken =
    sourceId === undefined ? [] : await catalog.read((reader) => takenOf(reader, caller, sourceId));
  const [newest] = taken;
  const size =
    sizeGiB !== undefined
      ? { sizeBytes: sizeGiB * gibBytes, sizeFrom: 'request' as const }
      : newest
        ? { sizeBytes: usedBytes(newest), sizeFrom: 'backups' as const }
        : { sizeBytes: usual.sizeGiB * gibBytes, sizeFrom: 'assumed' as const };
  const { sizeBytes } = size;
  if (changedMiB !== undefined) {
    checkNumber('DailyChangeMiB', changedMiB, 0, Math.floor(sizeBytes / mibBytes));
    return { ...size, changedBytesPerDay: changedMiB * mibBytes, changeFrom: 'request' };
  }
  const change = await dailyChange(blocks, taken);
  const { share = usual.changedShare, compared } = change ?? {};
  return {
    ...size,
    changedBytesPerDay: Math.round(share * sizeBytes),
    changeFrom: change ? 'backups' : 'assumed',
    ...(compared !== undefined && { compared }),
  };
}

function checkNumber(member: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw invalid(`${member} is from ${min} to ${max}`);
}

function invalid(message: string): ServiceError {
  return new ServiceError('InvalidParameterValue', `${message}.`);
}
