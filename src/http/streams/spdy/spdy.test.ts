import { duplexPair } from '../../../../test/support/http-duplex-pair.js';
import { bomb, SpdyClient } from '../../../../test/support/http-spdy-client.js';
import { SpdyConnection } from './connection.js';
import { HEADER_DICTIONARY } from './dictionary.js';
import { controlFrame, FRAME, FrameParser, RST } from './frames.js';
import { HeaderReader, HeaderWriter, uint32 } from './header-block.js';
import { STREAM_BUFFER, type SpdyStream } from './stream.js';

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
};

const adler32 = (bytes: Buffer): number => {
  let [a, b] = [1, 0];
  for (const byte of bytes) [a, b] = [(a + byte) % 65521, (b + a + byte) % 65521];
  return ((b << 16) | a) >>> 0;
};

function connect(onStream?: (stream: SpdyStream) => void): { client: SpdyClient; server: SpdyConnection; streams: SpdyStream[] } {
  const [near, far] = duplexPair();
  const streams: SpdyStream[] = [];
  const server = new SpdyConnection(near, (stream) => {
    streams.push(stream);
    onStream?.(stream);
  });
  return { client: new SpdyClient(far), server, streams };
}

test('the dictionary is the one of the draft', () => {
  expect(HEADER_DICTIONARY.length).toBe(1423);
  expect(adler32(HEADER_DICTIONARY)).toBe(0xe3c6a7c2);
});

describe('header blocks', () => {
  test('of one connection are read one by one', async () => {
    const { client } = connect();
    const reader = new HeaderReader();
    for (let i = 0; i < 1000; i++) {
      const headers = { streamtype: i % 2 ? 'data' : 'error', port: '8080', requestid: String(i), padding: 'x'.repeat(i % 50) };
      expect(Object.fromEntries(reader.read(await client.pack(headers)))).toEqual(headers);
    }
  });

  test('that we write can be read', () => {
    const writer = new HeaderWriter();
    const reader = new HeaderReader();
    for (const headers of [new Map([['a', 'b']]), new Map(), new Map([['name', 'wert ü']])]) expect(reader.read(writer.write(headers))).toEqual(headers);
  });

  test('that inflate without end are refused', () => {
    expect(() => new HeaderReader().read(bomb(1_000_000))).toThrow();
  });
});

describe('frames', () => {
  test('are the same however the bytes are cut', () => {
    const bytes = Buffer.concat([controlFrame(FRAME.ping, 0, uint32(7)), Buffer.from('0000000100000003616263', 'hex'), Buffer.from('0000000101000000', 'hex'), controlFrame(FRAME.goAway, 0, Buffer.alloc(8))]);
    for (let size = 1; size <= bytes.length; size++) {
      const seen: string[] = [];
      let text = '';
      const parser = new FrameParser({
        onControl: (type) => seen.push(`control ${type}`),
        onData: (id, piece, fin) => {
          text += String(piece);
          if (fin) seen.push(`fin ${id}`);
        },
      });
      for (let at = 0; at < bytes.length; at += size) parser.push(bytes.subarray(at, at + size));
      expect([...seen, text]).toEqual(['control 6', 'fin 1', 'control 7', 'abc']);
    }
  });
});

describe('a connection', () => {
  test('carries streams both ways, each end on its own', async () => {
    const { client, server, streams } = connect((stream) => void stream.pipe(stream));
    await client.open(1, { streamtype: 'data' });
    await until(() => streams.length === 1);
    server.reply(streams[0]!);
    client.send(1, 'hello ');
    client.send(1, 'world', true);
    await until(() => client.finished.has(1));
    expect(String(client.data.get(1))).toBe('hello world');
    expect(client.controls.map(({ type }) => type)).toEqual([FRAME.synReply]);
    await until(() => server.openStreams === 0);
  });

  test('answers pings', async () => {
    const { client } = connect();
    client.control(FRAME.ping, uint32(5));
    await until(() => client.controls.length === 1);
    expect(client.controls[0]).toEqual({ type: FRAME.ping, body: uint32(5) });
  });

  test('stops reading while a stream\'s reader is behind, and goes on after', async () => {
    const { client, streams } = connect();
    await client.open(1, { streamtype: 'stdin' });
    await until(() => streams.length === 1);
    const chunk = Buffer.alloc(64 * 1024, 'x');
    for (let i = 0; i < 100; i++) client.send(1, chunk);
    const [stream] = streams;
    let before = -1;
    while (before !== stream!.readableLength) {
      before = stream!.readableLength;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(stream!.readableLength).toBeGreaterThan(0);
    expect(stream!.readableLength).toBeLessThan(STREAM_BUFFER + 4 * chunk.length);
    let received = 0;
    stream!.on('data', (bytes: Buffer) => (received += bytes.length));
    await until(() => received === 100 * chunk.length);
  });

  test('tells the peer of streams that are given up, and hears of those the peer gives up', async () => {
    const { client, server, streams } = connect();
    await client.open(1, { streamtype: 'data' });
    await client.open(3, { streamtype: 'data' });
    await until(() => streams.length === 2);
    streams[0]!.destroy();
    await until(() => client.controls.length === 1);
    expect(client.controls[0]).toEqual({ type: FRAME.rstStream, body: Buffer.concat([uint32(1), uint32(RST.cancel)]) });
    client.control(FRAME.rstStream, Buffer.concat([uint32(3), uint32(RST.cancel)]));
    await until(() => streams[1]!.destroyed);
    expect(server.openStreams).toBe(0);
  });

  test('refuses a stream id that is in use, and data for none', async () => {
    const { client, streams } = connect();
    await client.open(1, { streamtype: 'data' });
    await client.open(1, { streamtype: 'data' });
    client.send(9, 'lost');
    await until(() => client.controls.length === 2);
    expect(client.controls.map(({ body }) => [body.readUInt32BE(0), body.readUInt32BE(4)])).toEqual([[1, RST.protocolError], [9, RST.invalidStream]]);
    expect(streams.length).toBe(1);
  });

  test.each([
    ['a broken header block', controlFrame(FRAME.synStream, 0, Buffer.alloc(40, 0xff))],
    ['a control frame that is cut short', controlFrame(FRAME.rstStream, 0, Buffer.alloc(1))],
    ['a huge control frame', Buffer.from('8003000100ffffff', 'hex')],
  ])('is closed by %s', async (_name, bytes) => {
    const { client, streams } = connect();
    await client.open(1, { streamtype: 'data' });
    await until(() => streams.length === 1);
    client.transport.write(bytes);
    await until(() => streams[0]!.destroyed);
  });

  test('ends all its streams when the client goes', async () => {
    const { client, streams } = connect();
    await client.open(1, { streamtype: 'data' });
    await until(() => streams.length === 1);
    client.transport.destroy();
    await until(() => streams[0]!.destroyed);
  });
});
