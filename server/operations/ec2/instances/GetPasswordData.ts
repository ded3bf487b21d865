import type {
  GetPasswordDataRequest,
  GetPasswordDataResult,
} from '../../../../api/generated/ec2-types.ts';
import { requiredInstance } from '../../../domain/instances.ts';
import { mibBytes } from '../../../foundations/sizes.ts';
import type { Operation } from '../../operation.ts';

/** Of the console; systems that say their password there say little else. */
const searchedBytes = mibBytes;

/** Of RSA keys up to 8192 bits, in base64. */
const passwordMaxChars = 1368;

/**
 * What the guest's agent (EC2Launch of Windows) has last written to the serial console: the
 * administrator's password, encrypted for the key pair of the launch. Nothing while there is none.
 */
export const getPasswordData: Operation<GetPasswordDataRequest, GetPasswordDataResult> = {
  accepts: ['InstanceId'],
  async run({ InstanceId: id }, { catalog, caller, clock, host }) {
    await catalog.read((reader) => requiredInstance(reader, caller, id));
    const output = await host.consoleOutput(id, searchedBytes);
    const PasswordData = passwordIn(output.toString('latin1')) ?? '';
    return { InstanceId: id, Timestamp: clock.now(), PasswordData };
  },
};

/** Without line breaks; what is no ciphertext in base64 is left out. */
function passwordIn(console: string): string | undefined {
  const elements = console.matchAll(/<Password>([A-Za-z0-9+/=\s]{1,4096})<\/Password>/g);
  return [...elements]
    .map(([, text = '']) => text.replaceAll(/\s/g, ''))
    .filter((text) => text.length > 0 && text.length <= passwordMaxChars)
    .filter((text) => Buffer.from(text, 'base64').toString('base64') === text)
    .at(-1);
}
