/** `imago images signing-keys`: what one's images are signed by. */
import { type CommandContext, connect } from '../context.ts';

export async function imagesSigningKeysCommand(
  context: CommandContext,
  { rotate = false }: { rotate?: boolean },
): Promise<void> {
  const { output } = context;
  const client = connect(context);
  const { Keys: keys } = await client.imago(
    rotate ? 'RotateSigningKey' : 'DescribeSigningKeys',
    {},
  );
  if (output.json) return output.document(keys);
  if (keys.length === 0) return output.line('None yet: the first image that you make makes one.');
  output.table(
    ['KEY', 'SINCE', 'UNTIL', 'PUBLIC KEY'],
    keys.map((each) => [
      each.KeyId,
      String(each.CreateDate),
      each.RetireDate === undefined ? '' : String(each.RetireDate),
      each.PublicKey,
    ]),
  );
}
