/**
 * Client tokens past their time are forgotten at the start and every hour: an Imago runs for
 * months.
 */
import type { Catalog } from './catalog/catalog.ts';
import { forgetOldClientTokens } from './domain/client-tokens.ts';
import type { Clock } from './domain/identity.ts';
import type { Log } from './foundations/log.ts';

const hourMs = 60 * 60 * 1000;

export function beginTokenRounds(
  { catalog, clock, log }: { catalog: Catalog; clock: Clock; log: Log },
  everyMs = hourMs,
): Disposable {
  const forget = () => {
    forgetOldClientTokens(catalog, clock.now()).catch((error) =>
      log.error('old client tokens could not be forgotten', { error }),
    );
  };
  forget();
  const rounds = setInterval(forget, everyMs).unref();
  return { [Symbol.dispose]: () => clearInterval(rounds) };
}
