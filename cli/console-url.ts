/** Where the console is, and the link that signs in there once (imago.CreateSignIn). */
import type { SessionCredentials } from '../api/imago-sessions.ts';
import type { Wire } from '../api/wire.ts';

/** An Imago that listens at all addresses is on this host too, and no browser goes to 0.0.0.0. */
export function consoleUrl(endpoint: string): string {
  const url = new URL('/console/', endpoint);
  if (url.hostname === '0.0.0.0') url.hostname = '127.0.0.1';
  if (url.hostname === '[::]') url.hostname = '[::1]';
  return url.href;
}

/** What is behind `#` stays in the browser. */
export function signInLink(
  { endpoint, region }: { endpoint: string; region: string },
  credentials: Wire<SessionCredentials>,
): string {
  const query = new URLSearchParams({
    key: credentials.AccessKeyId,
    secret: credentials.SecretAccessKey,
    token: credentials.SessionToken,
    region,
  });
  return `${consoleUrl(endpoint)}#/sign-in?${query}`;
}
