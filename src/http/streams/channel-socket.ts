import { Readable, Writable } from 'node:stream';
import type { RawData, WebSocket } from 'ws';

/** How much input may wait for its reader before the whole socket stops reading. */
const INPUT_BUFFER = 256 * 1024;
const CLOSE_CHANNEL = 255;

export interface ChannelSocketOptions {
  /** Text messages in base64, for clients that cannot do binary. */
  readonly base64: boolean;
  /** Whether the message [255, n] ends channel n (v5 of the protocol). */
  readonly halfClose: boolean;
}

/**
 * Several byte streams in one WebSocket: the first byte of a message (a digit in base64) names the channel
 * (k8s.io/apimachinery/pkg/util/remotecommand). Back-pressure reaches the client by not reading its messages.
 */
export class ChannelSocket {
  private readonly inputs = new Map<number, ChannelInput>();
  private readonly behind = new Set<ChannelInput>();

  constructor(
    readonly socket: WebSocket,
    private readonly options: ChannelSocketOptions,
  ) {
    socket.on('message', (data: RawData, isBinary: boolean) => this.receive(toBuffer(data), isBinary));
    socket.on('close', () => {
      for (const input of this.inputs.values()) input.push(null);
    });
  }

  /** Messages for channels without an input are dropped. */
  input(channel: number): Readable {
    const input = new ChannelInput((reader) => this.caughtUp(reader));
    this.inputs.set(channel, input);
    return input;
  }

  /** Each write is one message, and is done when it has left the process. */
  output(channel: number): Writable {
    const writeAll = (chunks: readonly Buffer[], done: (error?: Error | null) => void): void => this.send(channel, chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks), done);
    const output = new Writable({
      highWaterMark: INPUT_BUFFER,
      write: (chunk: Buffer, _encoding, done) => writeAll([chunk], done),
      writev: (writes, done) => writeAll(writes.map(({ chunk }) => chunk as Buffer), done),
    });
    this.socket.on('close', () => output.destroy());
    return output;
  }

  send(channel: number, bytes: Buffer, done: (error?: Error | null) => void = () => {}): void {
    if (this.socket.readyState !== this.socket.OPEN) return done(new Error('the WebSocket is closed'));
    const message = this.options.base64 ? `${channel}${bytes.toString('base64')}` : Buffer.concat([Buffer.from([channel]), bytes]);
    this.socket.send(message, (error) => done(error ?? null));
  }

  /** Closes once all messages are out; resolves when the connection is gone. */
  close(): Promise<void> {
    if (this.socket.readyState === this.socket.CLOSED) return Promise.resolve();
    return new Promise((resolve) => {
      this.socket.once('close', () => resolve());
      // Messages that wait behind a reader would hide the client's own close frame.
      this.socket.resume();
      for (const input of this.inputs.values()) input.destroy();
      this.socket.close(1000);
    });
  }

  private receive(message: Buffer, isBinary: boolean): void {
    if (message.length === 0) return;
    // Text is base64, with the channel as a digit in front.
    const channel = isBinary ? message.readUInt8(0) : message.readUInt8(0) - 0x30;
    if (this.options.halfClose && channel === CLOSE_CHANNEL) {
      if (message.length > 1) this.inputs.get(message.readUInt8(1))?.push(null);
      return;
    }
    const input = this.inputs.get(channel);
    if (!input || input.destroyed || input.readableEnded) return;
    const bytes = isBinary ? message.subarray(1) : Buffer.from(message.toString('latin1', 1), 'base64');
    if (bytes.length > 0 && !input.push(bytes)) {
      this.behind.add(input);
      this.socket.pause();
    }
  }

  private caughtUp(input: ChannelInput): void {
    if (this.behind.delete(input) && this.behind.size === 0) this.socket.resume();
  }
}

class ChannelInput extends Readable {
  private over = false;

  constructor(private readonly caughtUp: (input: ChannelInput) => void) {
    super({ highWaterMark: INPUT_BUFFER });
  }

  /** After the end there is nothing more, whatever the client sends. */
  override push(chunk: Buffer | null): boolean {
    if (this.over || this.destroyed) return true;
    if (chunk === null) this.over = true;
    return super.push(chunk);
  }

  override _read(): void {
    this.caughtUp(this);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.over = true;
    this.caughtUp(this);
    done(error);
  }
}

function toBuffer(data: RawData): Buffer {
  return Buffer.isBuffer(data) ? data : Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}
