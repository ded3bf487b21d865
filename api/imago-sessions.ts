/**
 * The part of Imago's own contract (imago.ts) that is about sessions, and how one begins by a link:
 * `CreateSignIn` makes credentials for the link, good for a minute and for `SignIn` alone, which
 * answers those of a session. Sessions of programs are begun by STS's GetSessionToken.
 */
import type { ServiceModel } from './model.ts';

export const sessionShapes = {
  SessionCredentials: {
    members: {
      AccessKeyId: 'string',
      SecretAccessKey: 'string',
      SessionToken: 'string',
      Expiration: 'timestamp',
    },
  },
  Session: {
    members: {
      AccessKeyId: 'string',
      ParentAccessKeyId: 'string',
      CreateDate: 'timestamp',
      Expiration: 'timestamp',
    },
  },
  SessionList: { list: 'Session', xml: 'item' },
  CreateSignInRequest: { members: {} },
  SignInRequest: { members: { DurationSeconds: 'number' } },
  SessionCredentialsResult: { members: { Credentials: 'SessionCredentials' } },
  ListSessionsRequest: { members: { MaxResults: 'number', NextToken: 'string' } },
  ListSessionsResult: { members: { Sessions: 'SessionList', NextToken: 'string' } },
  EndSessionRequest: { members: { AccessKeyId: 'string' }, required: ['AccessKeyId'] },
} as const satisfies ServiceModel['shapes'];

export const sessionOperations = {
  CreateSignIn: {
    input: 'CreateSignInRequest',
    output: 'SessionCredentialsResult',
    http: { status: 201 },
  },
  SignIn: { input: 'SignInRequest', output: 'SessionCredentialsResult', http: { status: 201 } },
  ListSessions: {
    input: 'ListSessionsRequest',
    output: 'ListSessionsResult',
    http: { input: { MaxResults: 'query maxResults', NextToken: 'query nextToken' } },
  },
  EndSession: { input: 'EndSessionRequest', http: { input: { AccessKeyId: 'label' } } },
} as const satisfies ServiceModel['operations'];

export const sessionRoutes = {
  CreateSignIn: 'POST /imago/sign-ins',
  SignIn: 'POST /imago/sessions',
  ListSessions: 'GET /imago/sessions',
  EndSession: 'DELETE /imago/sessions/{AccessKeyId}',
} as const;

export interface SessionCredentials {
  AccessKeyId: string;
  SecretAccessKey: string;
  SessionToken: string;
  Expiration: Date;
}

export interface SessionCredentialsResult {
  Credentials: SessionCredentials;
}

export interface SignInRequest {
  /** From 900 to 43,200 (12 hours), which it is when absent. */
  DurationSeconds?: number;
}

export interface Session {
  AccessKeyId: string;
  /** The access key that began it, with which it ends. */
  ParentAccessKeyId: string;
  CreateDate: Date;
  Expiration: Date;
}

export interface ListSessionsRequest {
  MaxResults?: number;
  NextToken?: string;
}

export interface ListSessionsResult {
  Sessions: Session[];
  NextToken?: string;
}

export interface EndSessionRequest {
  AccessKeyId: string;
}

export interface SessionInputs {
  CreateSignIn: Record<string, never>;
  SignIn: SignInRequest;
  ListSessions: ListSessionsRequest;
  EndSession: EndSessionRequest;
}

export interface SessionOutputs {
  CreateSignIn: SessionCredentialsResult;
  SignIn: SessionCredentialsResult;
  ListSessions: ListSessionsResult;
  EndSession: Record<string, never>;
}
