/** What RegisterImage says of UEFI firmware: the variables that machines begin with, their TPM. */
import { ServiceError } from '../../../api/service-error.ts';
import { checkUefiVariables } from '../../domain/uefi-variables.ts';
import { oneOf } from './fixed-values.ts';

/** As it was sent, when it says what it should. */
export function checkedUefiData(text: string | undefined, bootMode?: string): string | undefined {
  if (text === undefined) return undefined;
  if (!bootMode?.startsWith('uefi')) {
    throw new ServiceError(
      'InvalidParameterCombination',
      'UefiData is for images with the BootMode uefi or uefi-preferred.',
    );
  }
  checkUefiVariables(text);
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
