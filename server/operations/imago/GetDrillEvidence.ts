import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { GetDrillEvidenceRequest, GetDrillEvidenceResult } from '../../../api/imago-drills.ts';
import { requiredDrill } from '../../domain/drills/drills.ts';
import { drillConsoleFile, drillScreenFile } from '../../foundations/home.ts';
import type { Operation } from '../operation.ts';

/** Nothing of a drill that passed, or where newer ones have taken the room. */
export const getDrillEvidence: Operation<GetDrillEvidenceRequest, GetDrillEvidenceResult> = {
  accepts: ['DrillId'],
  async run({ DrillId }, { catalog, caller, home }) {
    const { id } = await catalog.read((reader) => requiredDrill(reader, caller, DrillId));
    const read = (name: string) =>
      readFile(path.join(home.drillFolder(id), name)).catch((error) => {
        if (error.code === 'ENOENT') return undefined;
        throw error;
      });
    return {
      ConsoleOutput: await read(drillConsoleFile),
      Screenshot: await read(drillScreenFile),
    };
  },
};
