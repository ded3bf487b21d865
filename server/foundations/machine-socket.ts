/**
 * Connections to the sockets that a machine offers in its folder. What lies there is made by the
 * machine's user, who may have put something else in its place: a link to another machine's socket
 * would have whoever connects by path talk to that one with rights that the machine does not have.
 * So what is connected to is looked at first, and is what was looked at.
 */
import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { connect, Socket } from 'node:net';
import path from 'node:path';

/** A descriptor that only names a file, whatever it is; node:fs does not list it. */
const pathOnly = 0o10000000;
const namedItself = pathOnly | constants.O_NOFOLLOW;

/**
 * A connection to the socket at `socketPath`, which is the folder's owner's: neither is a link. As
 * with `connect` of node:net what goes wrong is told by the event `error`. The folder that holds
 * the machine's must be Imago's.
 */
export function connectToMachine(socketPath: string): Socket {
  const opened: number[] = [];
  const open = (file: string, flags: number) => {
    const fd = openSync(file, flags);
    opened.push(fd);
    return { stats: fstatSync(fd), path: `/proc/self/fd/${fd}` };
  };
  try {
    const folder = open(path.dirname(socketPath), namedItself | constants.O_DIRECTORY);
    const socket = open(path.join(folder.path, path.basename(socketPath)), namedItself);
    if (!socket.stats.isSocket()) throw new Error(`${socketPath} is not a socket`);
    if (socket.stats.uid !== folder.stats.uid) {
      throw new Error(`${socketPath} is not its folder's owner's`);
    }
    // The call to the kernel is made before this returns: the descriptors are not needed any more.
    return connect(socket.path);
  } catch (error) {
    return new Socket().destroy(error as Error);
  } finally {
    for (const fd of opened) closeSync(fd);
  }
}
