/** Looks at something, at the start and again and again, one look after the other. */
export function beginRounds(lookAt: () => Promise<void>, everyMs: number): AsyncDisposable {
  let looking = Promise.resolve();
  let busy = false;
  const look = () => {
    if (busy) return;
    busy = true;
    looking = lookAt().finally(() => {
      busy = false;
    });
  };
  look();
  const rounds = setInterval(look, everyMs).unref();
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(rounds);
      await looking;
    },
  };
}
