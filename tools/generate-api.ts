/**
 * Makes api/generated: the shapes and types of the actions that are offered, and the names of all
 * actions of the model, read from the schemas that the official SDK exports. Another service is
 * another entry in `sources`.
 */
import * as backupClient from '@aws-sdk/client-backup';
import * as dlmClient from '@aws-sdk/client-dlm';
import * as ebsClient from '@aws-sdk/client-ebs';
import * as ec2Client from '@aws-sdk/client-ec2';
import * as imagebuilderClient from '@aws-sdk/client-imagebuilder';
import * as kmsClient from '@aws-sdk/client-kms';
import * as ssmClient from '@aws-sdk/client-ssm';
import * as stsClient from '@aws-sdk/client-sts';
import { header, listText, modelText, typesText } from './api-text.ts';
import { offeredActions } from './offered-actions.ts';
import { readModel, type Source } from './sdk-model.ts';

export const sources: readonly Source[] = [
  {
    service: 'ec2',
    exported: ec2Client,
    version: '2016-11-15',
    protocol: 'ec2-query',
    xmlNamespace: 'http://ec2.amazonaws.com/doc/2016-11-15/',
  },
  {
    service: 'sts',
    exported: stsClient,
    version: '2011-06-15',
    protocol: 'query',
    xmlNamespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
  },
  {
    service: 'ssm',
    exported: ssmClient,
    version: '2014-11-06',
    protocol: 'aws-json',
    target: 'AmazonSSM',
  },
  {
    service: 'ebs',
    exported: ebsClient,
    version: '2019-11-02',
    protocol: 'rest-json',
    errors: {
      AuthFailure: ['AccessDeniedException', 'UNAUTHORIZED_ACCOUNT'],
      AccessDeniedException: ['AccessDeniedException', 'UNAUTHORIZED_ACCOUNT'],
      IdempotentParameterMismatch: ['ConflictException'],
      IncorrectState: ['ValidationException', 'INVALID_SNAPSHOT_ID'],
      InternalError: ['InternalServerException'],
      InvalidBlock: ['ValidationException', 'INVALID_BLOCK'],
      InvalidBlockToken: ['ValidationException', 'INVALID_BLOCK_TOKEN'],
      InvalidNextToken: ['ValidationException', 'INVALID_PAGE_TOKEN'],
      InvalidParameterCombination: ['ValidationException', 'INVALID_PARAMETER_VALUE'],
      InvalidParameterValue: ['ValidationException', 'INVALID_PARAMETER_VALUE'],
      'InvalidKMSKey.InvalidState': ['ValidationException', 'INVALID_CUSTOMER_KEY'],
      'InvalidKMSKey.NotFound': ['ResourceNotFoundException', 'DEPENDENCY_RESOURCE_NOT_FOUND'],
      'InvalidSnapshot.NotFound': ['ResourceNotFoundException', 'SNAPSHOT_NOT_FOUND'],
      'InvalidSnapshotID.Malformed': ['ValidationException', 'INVALID_SNAPSHOT_ID'],
      'InvalidTagKey.Malformed': ['ValidationException', 'INVALID_TAG'],
      InvalidVolumeSize: ['ValidationException', 'INVALID_VOLUME_SIZE'],
      MissingParameter: ['ValidationException', 'INVALID_PARAMETER_VALUE'],
      RequestEntityTooLarge: ['ValidationException', 'INVALID_BLOCK'],
      RequestThrottledException: ['RequestThrottledException', 'RESOURCE_LEVEL_THROTTLE'],
      RequestTimeout: ['ValidationException', 'WRITE_REQUEST_TIMEOUT'],
      TagLimitExceeded: ['ValidationException', 'INVALID_TAG'],
      UnknownParameter: ['ValidationException', 'INVALID_PARAMETER_VALUE'],
      UnsupportedOperation: ['ValidationException', 'INVALID_PARAMETER_VALUE'],
    },
  },
  {
    service: 'kms',
    exported: kmsClient,
    version: '2014-11-01',
    protocol: 'aws-json',
    target: 'TrentService',
    errors: {
      DryRunOperation: ['DryRunOperationException'],
      UnsupportedOperation: ['UnsupportedOperationException'],
    },
  },
  {
    service: 'imagebuilder',
    exported: imagebuilderClient,
    version: '2019-12-02',
    protocol: 'rest-json',
    errors: {
      AuthFailure: ['AccessDeniedException'],
      DryRunOperation: ['DryRunOperationException'],
      IdempotentParameterMismatch: ['IdempotentParameterMismatchException'],
      InternalError: ['ServiceException'],
      'InvalidAMIID.NotFound': ['ResourceNotFoundException'],
      InvalidAction: ['InvalidRequestException'],
      InvalidNextToken: ['InvalidPaginationTokenException'],
      InvalidParameterCombination: ['InvalidParameterCombinationException'],
      InvalidParameterValue: ['InvalidParameterValueException'],
      MissingParameter: ['InvalidParameterException'],
      ServiceUnavailable: ['ServiceUnavailableException'],
      TagLimitExceeded: ['InvalidParameterException'],
      Unavailable: ['ServiceUnavailableException'],
      UnauthorizedOperation: ['ForbiddenException'],
      UnknownParameter: ['InvalidParameterException'],
      UnsupportedOperation: ['InvalidRequestException'],
    },
  },
  {
    service: 'backup',
    exported: backupClient,
    version: '2018-11-15',
    protocol: 'rest-json',
    errors: {
      AuthFailure: ['AccessDeniedException'],
      IdempotentParameterMismatch: ['AlreadyExistsException'],
      IncorrectInstanceState: ['InvalidRequestException'],
      IncorrectState: ['InvalidRequestException'],
      InsufficientVolumeCapacity: ['ServiceUnavailableException'],
      InternalError: ['ServiceUnavailableException'],
      InvalidAction: ['InvalidRequestException'],
      InvalidNextToken: ['InvalidParameterValueException'],
      InvalidParameterCombination: ['InvalidParameterValueException'],
      InvalidParameterValue: ['InvalidParameterValueException'],
      MissingParameter: ['MissingParameterValueException'],
      ServiceUnavailable: ['ServiceUnavailableException'],
      TagLimitExceeded: ['LimitExceededException'],
      Unavailable: ['ServiceUnavailableException'],
      OperationNotPermitted: ['InvalidRequestException'],
      SnapshotLocked: ['InvalidRequestException'],
      'InvalidSnapshot.InUse': ['InvalidRequestException'],
      InvalidRequest: ['InvalidRequestException'],
      ResourceLimitExceeded: ['LimitExceededException'],
      UnknownParameter: ['InvalidParameterValueException'],
      UnknownVolumeType: ['InvalidParameterValueException'],
      UnsupportedOperation: ['InvalidRequestException'],
    },
    errorOfThings: 'InvalidParameterValueException',
    statuses: {
      ConflictException: 400,
      ResourceNotFoundException: 400,
      ServiceUnavailableException: 500,
    },
  },
  {
    service: 'dlm',
    exported: dlmClient,
    version: '2018-01-12',
    protocol: 'rest-json',
    times: 'iso',
    errors: {
      InternalError: ['InternalServerException'],
      InvalidParameterCombination: ['InvalidRequestException'],
      InvalidParameterValue: ['InvalidRequestException'],
      'InvalidTagKey.Malformed': ['InvalidRequestException'],
      MissingParameter: ['InvalidRequestException'],
      TagLimitExceeded: ['LimitExceededException'],
      UnknownParameter: ['InvalidRequestException'],
      UnsupportedOperation: ['InvalidRequestException'],
    },
    errorOfThings: 'InvalidRequestException',
    statuses: { LimitExceededException: 429 },
  },
];

/** File name in api/generated -> its text. */
export function generateApi(): Record<string, string> {
  const files: Record<string, string> = {};
  let names = header;
  for (const source of sources) {
    const offered = offeredActions(source.service).map(({ action }) => action);
    const { model, actionNames } = readModel(source, offered);
    files[`${source.service}.ts`] = modelText(model);
    files[`${source.service}-types.ts`] = typesText(model);
    names += `export const ${source.service}ActionNames: readonly string[] = ${listText(actionNames)};\n`;
  }
  files['action-names.ts'] = names;
  return files;
}
