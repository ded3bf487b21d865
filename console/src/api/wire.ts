/** What each service is asked and answers, as it is in JSON. */
import type { BackupInputs, BackupOutputs } from '../../../api/generated/backup-types.ts';
import type { DlmInputs, DlmOutputs } from '../../../api/generated/dlm-types.ts';
import type { EbsInputs, EbsOutputs } from '../../../api/generated/ebs-types.ts';
import type { Ec2Inputs, Ec2Outputs } from '../../../api/generated/ec2-types.ts';
import type {
  ImagebuilderInputs,
  ImagebuilderOutputs,
} from '../../../api/generated/imagebuilder-types.ts';
import type { KmsInputs, KmsOutputs } from '../../../api/generated/kms-types.ts';
import type { SsmInputs, SsmOutputs } from '../../../api/generated/ssm-types.ts';
import type { StsInputs, StsOutputs } from '../../../api/generated/sts-types.ts';
import type { ImagoInputs, ImagoOutputs } from '../../../api/imago.ts';
import type { RbinInputs, RbinOutputs } from '../../../api/rbin.ts';
import type { Wire } from '../../../api/wire.ts';

interface Inputs {
  backup: BackupInputs;
  dlm: DlmInputs;
  ebs: EbsInputs;
  ec2: Ec2Inputs;
  imagebuilder: ImagebuilderInputs;
  imago: ImagoInputs;
  kms: KmsInputs;
  rbin: RbinInputs;
  ssm: SsmInputs;
  sts: StsInputs;
}

interface Outputs {
  backup: BackupOutputs;
  dlm: DlmOutputs;
  ebs: EbsOutputs;
  ec2: Ec2Outputs;
  imagebuilder: ImagebuilderOutputs;
  imago: ImagoOutputs;
  kms: KmsOutputs;
  rbin: RbinOutputs;
  ssm: SsmOutputs;
  sts: StsOutputs;
}

export type Service = keyof Inputs;
export type Action<S extends Service> = keyof Inputs[S] & keyof Outputs[S] & string;
export type Input<S extends Service, A extends Action<S>> = Wire<Inputs[S][A]>;
export type Output<S extends Service, A extends Action<S>> = Wire<Outputs[S][A]>;
