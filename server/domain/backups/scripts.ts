/**
 * Scripts before and after the snapshots of a policy: whether its document can be run at all, and
 * what a capture takes along. They are run by tasks/backup-scripts.ts.
 */
import { ServiceError } from '../../../api/service-error.ts';
import type { CatalogReader } from '../../catalog/catalog.ts';
import type { BackupPolicyRow, BackupSchedule } from '../../catalog/rows/backup-policy.ts';
import type { InstanceRow } from '../../catalog/rows/instance.ts';
import {
  hasParameter,
  readCommandDocument,
  type ShellScript,
  scriptsOf,
} from '../../components/command-document.ts';
import { DocumentError } from '../../components/yaml-tree.ts';
import { requiredDocument } from '../documents.ts';
import type { Ids } from '../identity.ts';
import type { CaptureScripts } from '../order-capture.ts';

export type ScriptStage = 'pre' | 'post';

const noExecution = '00000000-0000-0000-0000-000000000000';

/** That it is there, and takes what it will be told. It may be another one when it is run. */
export async function checkScripts(
  reader: CatalogReader,
  policy: Pick<BackupPolicyRow, 'account' | 'region' | 'schedules'>,
): Promise<void> {
  for (const { scripts } of policy.schedules) {
    if (!scripts) continue;
    const { document: named, pre, post } = scripts;
    try {
      const { content } = await requiredDocument(reader, policy, named);
      if (pre) commandsOf(content.text, 'pre', noExecution);
      if (post) commandsOf(content.text, 'post', noExecution);
    } catch (error) {
      if (!(error instanceof ServiceError || error instanceof DocumentError)) throw error;
      const message = `ExecutionHandler '${named}': ${error.message}`;
      throw new ServiceError('InvalidRequestException', message);
    }
  }
}

/** Of the schedules that are due the first that has scripts, whose backup is that of all. */
export async function scriptsToRun(
  reader: CatalogReader,
  policy: BackupPolicyRow,
  due: readonly BackupSchedule[],
  { id: instanceId }: InstanceRow,
  ids: Ids,
): Promise<CaptureScripts | undefined> {
  const scripts = due.find((schedule) => schedule.scripts)?.scripts;
  if (!scripts) return undefined;
  const { document: named, ...rest } = scripts;
  const row = await requiredDocument(reader, policy, named).catch((error) => {
    if (error instanceof ServiceError) return undefined;
    throw error;
  });
  return {
    instanceId,
    policyId: policy.id,
    executionId: ids.uuid(),
    ...(row && { document: row.content.text }),
    ...rest,
    // One that another schedule wants without scripts is made in any case.
    isNeeded: due.every((schedule) => schedule.scripts?.isNeeded),
  };
}

/** What comes of a document for one of the two. */
export function commandsOf(text: string, stage: ScriptStage, executionId: string): ShellScript[] {
  const document = readCommandDocument(text);
  const command = `${stage}-script`;
  if (!hasParameter(document, 'command')) {
    const place = { line: 1, path: 'parameters' };
    throw new DocumentError(place, "there is no 'command', by which it is told what to do");
  }
  const scripts = scriptsOf(document, {
    command,
    ...(hasParameter(document, 'executionId') && { executionId }),
  });
  if (scripts.length > 0) return scripts;
  throw new DocumentError({ line: 1, path: 'mainSteps' }, 'no step of it is for Linux');
}
