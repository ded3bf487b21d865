/** Parameters as the parameter store shows them. */
import type {
  Parameter,
  ParameterHistory,
  ParameterMetadata,
} from '../../../api/generated/ssm-types.ts';
import type { ParameterContent, ParameterRow } from '../../catalog/rows/parameter.ts';
import { accountArn } from '../../domain/accounts.ts';
import { type FoundParameter, parameterShown } from '../../domain/parameters.ts';

/** Nothing is encrypted: decrypted or not, a value is the same. */
export const eitherWay = [true, false] as const;

/** Of its newest version. */
export function foundParameter(row: ParameterRow): FoundParameter {
  return parameterShown(row, row.content);
}

export function parameterShape(found: FoundParameter, selector?: string): Parameter {
  const { name, arn, content } = found;
  const { type: Type, value: Value, number: Version, dataType: DataType } = content;
  return {
    Name: name,
    Type,
    Value,
    Version,
    Selector: selector,
    LastModifiedDate: new Date(content.modifiedAt),
    ARN: arn,
    DataType,
  };
}

export function parameterMetadata(found: FoundParameter, account: string): ParameterMetadata {
  return { ...common(found, account), ARN: found.arn };
}

/** `account` is whose it is. */
export function parameterHistory(found: FoundParameter, account: string): ParameterHistory {
  return { ...common(found, account), Value: found.content.value, Labels: found.labels };
}

function common({ name, content }: { name: string; content: ParameterContent }, account: string) {
  return {
    Name: name,
    Type: content.type,
    LastModifiedDate: new Date(content.modifiedAt),
    LastModifiedUser: accountArn(account),
    Description: content.description,
    Version: content.number,
    Tier: 'Standard',
    Policies: [],
    DataType: content.dataType,
  };
}
