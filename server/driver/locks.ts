/**
 * Locks of this process by name: what must not be done to one instance (or one volume) at the same
 * time, such as the pivot of a capture and the stop of its machine. Nothing is recorded: after a
 * restart nobody holds a lock. Whoever needs several asks for them in this order: uploads, volumes
 * by id, instance.
 */
export class Locks {
  readonly #tails = new Map<string, Promise<unknown>>();

  /** Runs `work` once everything that asked for this lock before is done. */
  async hold<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(name);
    const done = Promise.withResolvers<void>();
    this.#tails.set(name, done.promise);
    try {
      await before;
      return await work();
    } finally {
      done.resolve();
      if (this.#tails.get(name) === done.promise) this.#tails.delete(name);
    }
  }
}

export const instanceLock = (instanceId: string) => `instance ${instanceId}`;
/**
 * Of what reads the layers below a cut for long, while the guest goes on and newer cuts are made.
 */
export const uploadsLock = (volumeId: string) => `uploads of ${volumeId}`;
export const volumeLock = (volumeId: string) => `volume ${volumeId}`;
