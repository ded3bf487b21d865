/** What RegisterImage says of UEFI firmware: the variables that machines begin with, their TPM. */
import { ServiceError } from '../../../api/service-error.ts';
import { decodeUefiData, UefiDataError } from '../../foundations/uefi-data.ts';
import { oneOf } from './fixed-values.ts';

/** EC2's. */
const uefiDataMaxBytes = 64 * 1024;
/** What firmware of 2 MiB has for variables, less what it writes itself. */
const variablesMaxBytes = 48 * 1024;

/** As it was sent, when it says what it should. */
export function checkedUefiData(text: string | undefined, bootMode?: string): string | undefined {
  if (text === undefined) return undefined;
  if (!bootMode?.startsWith('uefi')) {
    throw new ServiceError(
      'InvalidParameterCombination',
      'UefiData is for images with the BootMode uefi or uefi-preferred.',
    );
  }
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length > uefiDataMaxBytes) throw invalid('it is longer than 64 KiB');
  try {
    const sizes = decodeUefiData(bytes).map(({ name, data }) => name.length * 2 + data.length + 64);
    if (sizes.reduce((sum, size) => sum + size, 0) > variablesMaxBytes) {
      throw new UefiDataError('its variables need more room than there is');
    }
  } catch (error) {
    throw error instanceof UefiDataError ? invalid(error.message) : error;
  }
  return text;
}

/** As EC2 has it: for images that are booted by UEFI and by nothing else. */
export function checkedTpmSupport(text: string | undefined, bootMode?: string) {
  const tpmSupport = oneOf('TpmSupport', text, ['v2.0']);
  if (tpmSupport === undefined || bootMode === 'uefi') return tpmSupport;
  throw new ServiceError(
    'InvalidParameterCombination',
    'TpmSupport is for images with the BootMode uefi.',
  );
}

function invalid(reason: string): ServiceError {
  return new ServiceError('InvalidParameterValue', `The UefiData is not valid: ${reason}.`);
}
