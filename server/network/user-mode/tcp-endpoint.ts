/**
 * The host's end of one TCP connection of a guest, as a Duplex that node:http takes for a socket.
 * The cable is a unix stream: nothing is lost on it unless the guest's queue is full, so a segment
 * out of order is dropped and acknowledged again, a timer sends everything from the oldest
 * unacknowledged byte again (go-back-N), and the only limit on what is in flight is the guest's
 * window.
 * It deliberately has no congestion control, SACK, window scaling, time stamps or TIME-WAIT.
 */
import { Duplex } from 'node:stream';
import type { MetadataConnection } from '../network.ts';
import { type TcpSegment, tcpAck, tcpFin, tcpPsh, tcpRst, tcpSyn } from './packets.ts';
import { SendQueue } from './send-queue.ts';

/** What an Ethernet frame of 1500 bytes carries after IPv4's and TCP's headers. */
const mssBytes = 1460;
/** RFC 9293: what a peer takes that does not say. */
const defaultMssBytes = 536;
/** The most a window can say without scaling; also what is kept unread. */
const receiveBufferBytes = 65_535;
/**
 * First wait before sending again; the round trip on the cable is well under a millisecond, guests
 * under TCG need more.
 */
const retransmitMs = 300;
/** Doubled each time: the eighth is given up after about 75 s. */
const retransmitsMax = 8;
/** Of segments that carry no answer, and of bytes before anybody says otherwise. */
const defaultHops = 64;

export interface TcpEndpointOptions {
  /** The SYN that opened it; of one that was opened from here (tcp-dialer.ts) the SYN's answer. */
  syn: TcpSegment;
  initialSequence: number;
  send: (segment: TcpSegment, hops: number) => void;
  retransmitMs?: number;
}

interface SegmentContent {
  payload?: Buffer;
  hops?: number;
  mssBytes?: number;
}

type State = 'syn-received' | 'established' | 'closed';

export class TcpEndpoint extends Duplex implements MetadataConnection {
  readonly remotePort: number;
  readonly #localPort: number;
  readonly #sendSegment: TcpEndpointOptions['send'];
  readonly #peerMssBytes: number;
  readonly #retransmitMs: number;
  #state: State = 'syn-received';
  /** Of the bytes that are written from now on. */
  #hops = defaultHops;
  /** Next byte expected from the guest, and the window that it was told last. */
  #receiveNext: number;
  readonly #initialReceive: number;
  #toldWindowBytes = receiveBufferBytes;
  #peerFinished = false;
  /**
   * Oldest byte not acknowledged; next byte to be sent, which goes back when things are sent again;
   * what was ever sent; what the guest takes beyond the first.
   */
  #unacknowledged: number;
  #sendNext: number;
  #sendHighest: number;
  #windowBytes: number;
  /** Bytes from `#unacknowledged` on. */
  readonly #outgoing = new SendQueue();
  /** This side's end: to be told after `#outgoing`, and known to have arrived. */
  #finQueued = false;
  #finAcknowledged = false;
  /** Nobody reads or writes any more; what was written, and the end, are still being delivered. */
  #detached = false;
  #finCallback: ((error?: Error | null) => void) | undefined;
  #writeCallback: ((error?: Error | null) => void) | undefined;
  #retransmits = 0;
  #retransmitTimer: NodeJS.Timeout | undefined;
  #idleTimer: NodeJS.Timeout | undefined;
  #idleMs = 0;
  /**
   * For the listener, each called once: when the handshake is complete, and when no segment is of
   * interest any more.
   */
  onEstablished: (() => void) | undefined;
  onGone: (() => void) | undefined;
  lastHeardMs = performance.now();

  constructor(options: TcpEndpointOptions) {
    super({ readableHighWaterMark: receiveBufferBytes });
    const { syn } = options;
    this.remotePort = syn.sourcePort;
    this.#localPort = syn.targetPort;
    this.#sendSegment = options.send;
    this.#retransmitMs = options.retransmitMs ?? retransmitMs;
    this.#peerMssBytes = Math.max(64, Math.min(syn.mssBytes ?? defaultMssBytes, mssBytes));
    this.#windowBytes = syn.windowBytes;
    this.#initialReceive = add(syn.sequence, 1);
    this.#receiveNext = this.#initialReceive;
    this.#unacknowledged = options.initialSequence;
    this.#sendNext = add(options.initialSequence, 1);
    this.#sendHighest = this.#sendNext;
    if (syn.flags & tcpAck) {
      this.#state = 'established';
      this.#unacknowledged = this.#sendNext;
      this.#transmit(tcpAck, this.#sendNext);
      return;
    }
    this.#transmitSyn();
    this.#armRetransmit();
  }

  setHopLimit(hops: number): void {
    this.#hops = hops;
  }

  /** Whether this is the SYN that opened the connection, sent again, and none for a new one. */
  isOpenedBy(syn: TcpSegment): boolean {
    return this.#initialReceive === add(syn.sequence, 1);
  }

  /** A segment of this connection came from the guest. */
  receive(segment: TcpSegment): void {
    if (this.#state === 'closed') return;
    this.lastHeardMs = performance.now();
    const { flags } = segment;
    if (flags & tcpRst) {
      // Only a reset that is exactly in step is believed (RFC 5961).
      if (segment.sequence === this.#receiveNext) this.#fail('ECONNRESET', 'reset by the guest');
      return;
    }
    if (flags & tcpSyn) {
      if (this.#state === 'syn-received') this.#transmitSyn();
      else this.#transmit(tcpAck, this.#sendNext);
      return;
    }
    if (!(flags & tcpAck)) return;
    if (!this.#acknowledge(segment)) return;
    this.#accept(segment);
    this.#transmitOutgoing();
    this.#closeIfDone();
  }

  /** Returns false when the segment is none of this connection's. */
  #acknowledge(segment: TcpSegment): boolean {
    const acknowledged = distance(this.#unacknowledged, segment.acknowledgment);
    if (acknowledged > distance(this.#unacknowledged, this.#sendHighest)) {
      // Acknowledges what was never sent, or is old; an old one may still carry data.
      if (acknowledged < 0x8000_0000) {
        this.#transmit(tcpAck, this.#sendNext);
        return false;
      }
      return true;
    }
    this.#windowBytes = segment.windowBytes;
    if (acknowledged === 0) return true;
    this.#retransmits = 0;
    if (acknowledged > distance(this.#unacknowledged, this.#sendNext)) {
      this.#sendNext = segment.acknowledgment;
    }
    this.#unacknowledged = segment.acknowledgment;
    if (this.#state === 'syn-received') {
      this.#state = 'established';
      this.#armRetransmit();
      this.onEstablished?.();
      return true;
    }
    this.#finAcknowledged = this.#finQueued && acknowledged > this.#outgoing.length;
    this.#outgoing.drop(acknowledged);
    this.#armRetransmit();
    this.#refreshIdle();
    if (this.#finAcknowledged) this.#finCallback?.();
    return true;
  }

  /**
   * Takes data and FIN that are in order and fit; anything else is answered by saying what is
   * expected.
   */
  #accept(segment: TcpSegment): void {
    const { payload, flags } = segment;
    const skip = distance(segment.sequence, this.#receiveNext);
    const isFin = (flags & tcpFin) !== 0;
    if (payload.length === 0 && !isFin) {
      // A keep-alive probe asks for an answer by a number that is out of step.
      if (skip !== 0) this.#transmit(tcpAck, this.#sendNext);
      return;
    }
    const inOrder = skip <= payload.length;
    const fresh = inOrder ? payload.subarray(skip, skip + this.#toldWindowBytes) : undefined;
    const whole = fresh !== undefined && skip + fresh.length === payload.length;
    if (fresh && fresh.length > 0 && !this.#peerFinished) {
      this.#receiveNext = add(this.#receiveNext, fresh.length);
      this.#refreshIdle();
      if (this.#detached) {
        this.abort();
        return;
      }
      // The memory behind it is the chunk of a whole read of the cable: keep only what is needed.
      this.push(Buffer.from(fresh));
    }
    if (isFin && whole && !this.#peerFinished) {
      this.#receiveNext = add(this.#receiveNext, 1);
      this.#peerFinished = true;
      this.push(null);
    }
    this.#transmit(tcpAck, this.#sendNext);
  }

  override _read(): void {
    // Reading has made room: say so if the guest thinks that there is (almost) none.
    if (this.#state !== 'established' || this.#peerFinished) return;
    if (this.#toldWindowBytes < mssBytes && this.#windowToTell() >= mssBytes) {
      this.#transmit(tcpAck, this.#sendNext);
    }
  }

  override _write(
    chunk: Buffer,
    _encoding: BufferEncoding,
    callback: (error?: Error | null) => void,
  ): void {
    // node:http ends a response with an empty write and waits for it.
    if (chunk.length === 0) {
      callback();
      return;
    }
    this.#outgoing.push(chunk, this.#hops);
    this.#writeCallback = callback;
    this.#refreshIdle();
    this.#transmitOutgoing();
  }

  override _writev(chunks: { chunk: Buffer }[], callback: (error?: Error | null) => void): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), 'binary', callback);
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#finQueued = true;
    this.#finCallback = callback;
    this.#transmitOutgoing();
  }

  /**
   * As the kernel does with a socket that is closed: what was written is delivered, then the end.
   */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#detached = true;
    this.setTimeout(0);
    if (this.#state === 'syn-received') {
      this.abort();
    } else {
      this.#finQueued = true;
      this.#transmitOutgoing();
      this.#closeIfDone();
    }
    callback(error);
  }

  /** Tells the guest that the connection is gone, and forgets it. */
  abort(): void {
    if (this.#state === 'closed') return;
    this.#transmit(tcpRst | tcpAck, this.#sendNext);
    this.#close();
    this.destroy();
  }

  /** As net.Socket has it: 'timeout' after so long without data either way; zero turns it off. */
  setTimeout(idleMs: number, listener?: () => void): this {
    this.#idleMs = idleMs;
    if (listener) this.once('timeout', listener);
    clearTimeout(this.#idleTimer);
    this.#idleTimer = undefined;
    if (idleMs > 0 && !this.#detached) {
      this.#idleTimer = setTimeout(() => this.emit('timeout'), idleMs);
    }
    return this;
  }

  #refreshIdle(): void {
    if (this.#idleMs > 0) this.#idleTimer?.refresh();
  }

  #transmitOutgoing(): void {
    if (this.#state !== 'established') return;
    let offset = distance(this.#unacknowledged, this.#sendNext);
    while (offset < this.#outgoing.length && offset < this.#windowBytes) {
      const maxBytes = Math.min(this.#peerMssBytes, this.#windowBytes - offset);
      const { bytes, hops } = this.#outgoing.piece(offset, maxBytes);
      const isLast = offset + bytes.length === this.#outgoing.length;
      this.#transmit(isLast ? tcpAck | tcpPsh : tcpAck, this.#sendNext, { payload: bytes, hops });
      this.#advance(bytes.length);
      offset += bytes.length;
    }
    if (offset >= this.#outgoing.length) this.#outgoingSent(offset);
    if (this.#retransmitTimer === undefined) this.#armRetransmit();
  }

  /** Everything was sent once: more may be written, or the end be told. */
  #outgoingSent(offset: number): void {
    const callback = this.#writeCallback;
    this.#writeCallback = undefined;
    if (callback) process.nextTick(callback);
    if (this.#finQueued && !this.#finAcknowledged && offset === this.#outgoing.length) {
      this.#transmit(tcpAck | tcpFin, this.#sendNext);
      this.#advance(1);
    }
  }

  #advance(count: number): void {
    this.#sendNext = add(this.#sendNext, count);
    const sent = distance(this.#unacknowledged, this.#sendNext);
    if (sent > distance(this.#unacknowledged, this.#sendHighest))
      this.#sendHighest = this.#sendNext;
  }

  #armRetransmit(): void {
    clearTimeout(this.#retransmitTimer);
    this.#retransmitTimer = undefined;
    const inFlight = this.#unacknowledged !== this.#sendNext;
    if (!inFlight && this.#outgoing.length === 0) return;
    const waitMs = this.#retransmitMs * 2 ** this.#retransmits;
    this.#retransmitTimer = setTimeout(() => this.#retransmit(), waitMs);
  }

  #retransmit(): void {
    this.#retransmits += 1;
    if (this.#retransmits > retransmitsMax) {
      this.#fail('ETIMEDOUT', 'the guest does not answer');
      return;
    }
    if (this.#state === 'syn-received') {
      this.#transmitSyn();
    } else {
      this.#sendNext = this.#unacknowledged;
      // A closed window is probed with one byte, or the word that opens it may have been lost for
      // ever.
      if (this.#windowBytes === 0) this.#windowBytes = 1;
      this.#transmitOutgoing();
    }
    this.#armRetransmit();
  }

  #transmitSyn(): void {
    const synSequence = add(this.#sendNext, -1);
    this.#transmit(tcpSyn | tcpAck, synSequence, { mssBytes });
  }

  #transmit(
    flags: number,
    sequence: number,
    { payload = Buffer.alloc(0), hops = defaultHops, mssBytes: mss }: SegmentContent = {},
  ): void {
    this.#toldWindowBytes = this.#windowToTell();
    this.#sendSegment(
      {
        sourcePort: this.#localPort,
        targetPort: this.remotePort,
        sequence,
        acknowledgment: this.#receiveNext,
        flags,
        windowBytes: this.#toldWindowBytes,
        mssBytes: mss,
        payload,
      },
      hops,
    );
  }

  #windowToTell(): number {
    return Math.max(0, receiveBufferBytes - this.readableLength);
  }

  #fail(code: string, message: string): void {
    this.#close();
    this.destroy(Object.assign(new Error(message), { code }));
  }

  #closeIfDone(): void {
    if (this.#detached && this.#finAcknowledged && this.#peerFinished) this.#close();
  }

  #close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    clearTimeout(this.#retransmitTimer);
    clearTimeout(this.#idleTimer);
    this.#outgoing.clear();
    this.onGone?.();
  }
}

/** Sequence numbers count modulo 2^32. */
function add(sequence: number, count: number): number {
  return (sequence + count) >>> 0;
}

function distance(from: number, to: number): number {
  return (to - from) >>> 0;
}
