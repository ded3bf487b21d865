/**
 * The text of a file with an access key, as the AWS tools share it among them: its default profile.
 * It touches no file.
 */
export interface ClientCredentials {
  accessKeyId: string;
  secretAccessKey: string;
}

/** One that is told by a service of temporary keys has a token besides. */
export interface SessionCredentials extends ClientCredentials {
  sessionToken?: string;
}

export function credentialsText(key: ClientCredentials, region: string | undefined): string {
  const lines = [
    '[default]',
    `aws_access_key_id = ${key.accessKeyId}`,
    `aws_secret_access_key = ${key.secretAccessKey}`,
    `region = ${region}`,
  ];
  return `${lines.join('\n')}\n`;
}

/** Undefined when there is no whole key in it. */
export function parseCredentials(text: string): SessionCredentials | undefined {
  const value = (name: string) => new RegExp(`^\\s*${name}\\s*=\\s*(\\S+)`, 'm').exec(text)?.[1];
  const accessKeyId = value('aws_access_key_id');
  const secretAccessKey = value('aws_secret_access_key');
  const sessionToken = value('aws_session_token');
  return accessKeyId && secretAccessKey
    ? { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) }
    : undefined;
}
