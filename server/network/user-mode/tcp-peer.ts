/**
 * A guest's TCP for tests: small, patient, and able to misbehave on demand. It checks what it is
 * sent more strictly than it needs to: data must stay inside of the window and the segment size
 * that it told.
 */
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { type TcpSegment, tcpAck, tcpFin, tcpPsh, tcpRst, tcpSyn } from './packets.ts';

export interface TcpPeerOptions {
  port: number;
  send: (segment: TcpSegment) => void;
  mssBytes?: number;
  windowBytes?: number;
  initialSequence?: number;
}

/**
 * Sends again what is not acknowledged; far below what a guest waits, so that tests with losses are
 * quick.
 */
const retransmitMs = 5;

/** Events: connected, data, end, reset. */
export class TcpPeer extends EventEmitter {
  #options: TcpPeerOptions;
  windowBytes: number;
  #next: number;
  #unacknowledged: number;
  #outgoing = Buffer.alloc(0);
  #finished = false;
  #expected: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  received: Buffer = Buffer.alloc(0);
  ended = false;
  wasReset = false;
  segmentsHeard: TcpSegment[] = [];

  constructor(options: TcpPeerOptions) {
    super();
    this.#options = options;
    this.windowBytes = options.windowBytes ?? 65_535;
    this.#next = options.initialSequence ?? 0xffff_ff00;
    this.#unacknowledged = this.#next;
  }

  async connect(): Promise<void> {
    const connected = once(this, 'connected');
    this.#emitSegment(tcpSyn, this.#next, undefined, this.#options.mssBytes ?? 1460);
    this.#next = plus(this.#next, 1);
    this.#timer = setInterval(() => this.#retransmit(), retransmitMs);
    await connected;
  }

  write(bytes: Buffer): void {
    this.#outgoing = Buffer.concat([this.#outgoing, bytes]);
    for (let at = 0; at < bytes.length; at += 1000) {
      const piece = bytes.subarray(at, at + 1000);
      this.#emitSegment(tcpAck | tcpPsh, this.#next, piece);
      this.#next = plus(this.#next, piece.length);
    }
  }

  end(): void {
    this.#finished = true;
    this.#emitSegment(tcpAck | tcpFin, this.#next);
    this.#next = plus(this.#next, 1);
  }

  reset(): void {
    this.#emitSegment(tcpRst, this.#next);
    this.close();
  }

  acknowledge(): void {
    this.#emitSegment(tcpAck, this.#next);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  receive(segment: TcpSegment): void {
    this.segmentsHeard.push(segment);
    assert.equal(segment.targetPort, this.#options.port);
    if (segment.flags & tcpRst) {
      this.wasReset = true;
      this.close();
      this.emit('reset');
      return;
    }
    if (segment.flags & tcpSyn) this.#expected ??= plus(segment.sequence, 1);
    this.#takeAcknowledgment(segment);
    this.#takeData(segment);
  }

  #takeAcknowledgment(segment: TcpSegment): void {
    const count = (segment.acknowledgment - this.#unacknowledged) >>> 0;
    if (count === 0 || count > (this.#next - this.#unacknowledged) >>> 0) return;
    const wasConnecting = segment.flags & tcpSyn;
    this.#unacknowledged = segment.acknowledgment;
    if (wasConnecting) {
      this.acknowledge();
      this.emit('connected');
    } else {
      this.#outgoing = this.#outgoing.subarray(Math.min(count, this.#outgoing.length));
    }
  }

  #takeData(segment: TcpSegment): void {
    const { payload, flags } = segment;
    assert.ok(payload.length <= (this.#options.mssBytes ?? 1460), 'within the segment size');
    if (payload.length === 0 && !(flags & tcpFin)) return;
    if (segment.sequence === this.#expected && !this.ended) {
      assert.ok(payload.length <= Math.max(1, this.windowBytes), 'within the window');
      const taken = payload.subarray(0, this.windowBytes);
      this.received = Buffer.concat([this.received, taken]);
      this.#expected = plus(this.#expected, taken.length);
      if (taken.length === payload.length && flags & tcpFin) {
        this.#expected = plus(this.#expected, 1);
        this.ended = true;
      }
    }
    this.acknowledge();
    this.emit(this.ended ? 'end' : 'data');
  }

  #retransmit(): void {
    if (this.#unacknowledged === this.#next) return;
    const fin = this.#finished ? tcpFin : 0;
    if (this.#expected === undefined) {
      this.#emitSegment(tcpSyn, this.#unacknowledged, undefined, this.#options.mssBytes ?? 1460);
    } else if (this.#outgoing.length <= 1000) {
      this.#emitSegment(tcpAck | fin, this.#unacknowledged, this.#outgoing);
    } else {
      this.#emitSegment(tcpAck, this.#unacknowledged, this.#outgoing.subarray(0, 1000));
    }
  }

  #emitSegment(
    flags: number,
    sequence: number,
    payload: Buffer = Buffer.alloc(0),
    mssBytes?: number,
  ): void {
    this.#options.send({
      sourcePort: this.#options.port,
      targetPort: 80,
      sequence,
      acknowledgment: this.#expected ?? 0,
      flags,
      windowBytes: this.windowBytes,
      mssBytes,
      payload,
    });
  }
}

function plus(sequence: number, count: number): number {
  return (sequence + count) >>> 0;
}
