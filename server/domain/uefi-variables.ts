/** UEFI variables that machines begin with: whether they are what they say, and have room. */
import { ServiceError } from '../../api/service-error.ts';
import { decodeUefiData, UefiDataError } from '../foundations/uefi-data.ts';

/** EC2's. */
const uefiDataMaxBytes = 64 * 1024;
/** What firmware of 2 MiB has for variables, less what it writes itself. */
const variablesMaxBytes = 48 * 1024;

export function checkUefiVariables(text: string): void {
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
}

function invalid(reason: string): ServiceError {
  return new ServiceError('InvalidParameterValue', `The UefiData is not valid: ${reason}.`);
}
