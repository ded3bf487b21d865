/**
 * What a run of a component asks of the machine that it changes. Whoever implements it reaches the
 * machine; it outlives a restart of Imago, since a command has a name.
 */

export interface GuestCommand {
  /**
   * Names it while the machine is up: asked for once more, what was begun before goes on, or is
   * told of, and nothing is done twice.
   */
  id: string;
  argv: readonly string[];
  /** A file that only root reads; its path is in IMAGO_INPUT. */
  input?: string;
  /** Absent: as long as it likes. */
  timeoutSeconds?: number;
  /** What it writes, as it comes. */
  onOutput?: (text: string) => void;
}

export type CommandOutcome =
  | {
      kind: 'ended';
      exitCode: number;
      stdout: string;
      /** The last line that it wrote to its standard error. */
      lastError?: string;
    }
  /** It was ended. */
  | { kind: 'late' }
  /** It wrote more than is kept, and was ended. */
  | { kind: 'too-much' }
  /** The machine came up anew, and what became of the command is unknown. */
  | { kind: 'rebooted' };

export interface GuestShell {
  run(command: GuestCommand): Promise<CommandOutcome>;
  /** A reboot is these two: `halt` once more, and `restart` of the same halt once more, do nothing. */
  halt(): Promise<Halt>;
  /** Resolves when the machine is up again. */
  restart(halt: Halt): Promise<void>;
}

/** How a machine came to rest. JSON. */
export interface Halt {
  /** It is to be booted again. */
  restart: boolean;
  /** It shut itself down; otherwise it is still running. */
  clean: boolean;
}

/** The exit code by which a command asks for a reboot, after which it is run again. */
export const rebootExitCode = 194;
