/**
 * `imago images verify`: whether an image is what was signed, and by whom it was; with `--blocks`
 * each block of it is read besides.
 */
import type { VerifyImageRequest, VerifyImageResult } from '../../api/imago-provenance.ts';
import type { Wire } from '../../api/wire.ts';
import type { Client } from '../client.ts';
import { CommandError } from '../command-error.ts';
import { type CommandContext, connect } from '../context.ts';
import type { StepProgress } from '../progress.ts';
import { harmlessLine } from '../terminal-text.ts';

export async function imagesVerifyCommand(
  context: CommandContext,
  ami: string,
  { key, blocks = false }: { key?: string[]; blocks?: boolean },
): Promise<void> {
  const { output, progress } = context;
  const client = connect(context);
  const asked = { ImageId: ami, ...(key && { PublicKeys: key }) };
  const answer = blocks
    ? await progress.step(`Blocks of ${ami}`, (step) => verifyBlocks(client, asked, step))
    : await client.imago('VerifyImage', asked);
  const { Valid: valid, Problems: problems, SignedBy: signedBy } = answer;
  if (output.json) output.document(answer);
  else {
    for (const { AccountId, KeyId, SignDate } of signedBy) {
      output.line(`Signed by account ${AccountId}, key ${KeyId}, ${SignDate}.`);
    }
  }
  if (blocks && !output.json) output.line(`${answer.BlocksRead} blocks were read.`);
  for (const { DeviceName, BlockIndex, Digest, Problem } of answer.DamagedBlocks ?? []) {
    const place = BlockIndex === undefined ? 'map' : `block ${BlockIndex}`;
    if (!output.json) output.line(harmlessLine(`${DeviceName} ${place} ${Digest}: ${Problem}`));
  }
  if (valid) return output.json ? undefined : output.line(`${ami} is what was signed.`);
  throw new CommandError(`${ami} is not to be trusted: ${harmlessLine(problems.join(' '))}`);
}

/** Answer by answer, and what they say together. */
async function verifyBlocks(
  client: Client,
  asked: VerifyImageRequest,
  step: StepProgress,
): Promise<Wire<VerifyImageResult>> {
  const damaged: Wire<VerifyImageResult>['DamagedBlocks'] = [];
  const problems = new Set<string>();
  for (let NextToken: string | undefined; ; ) {
    const request = { ...asked, Blocks: true, ...(NextToken !== undefined && { NextToken }) };
    const { NextToken: next, ...answer } = await client.imago('VerifyImage', request);
    damaged.push(...(answer.DamagedBlocks ?? []));
    for (const each of answer.Problems) problems.add(each);
    step.doing(`${answer.BlocksRead} of ${answer.BlockCount}`);
    NextToken = next;
    if (NextToken !== undefined) continue;
    const Problems = [...problems];
    return { ...answer, DamagedBlocks: damaged, Problems, Valid: Problems.length === 0 };
  }
}
