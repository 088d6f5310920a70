import type { Readable } from 'node:stream';

/** What was read of a body; `complete` is false when more bytes came, or may have come, after the cap. */
export interface BoundedBytes {
  bytes: Buffer;
  complete: boolean;
}

/**
 * Reads at most `maxBytes` and then destroys the stream, and with it the connection. It stops at the cap without waiting
 * for the end, so an endless body costs no time; `contentLength` (the raw header) tells whether that was all.
 */
export async function readBounded(stream: Readable, maxBytes: number, contentLength?: string): Promise<BoundedBytes> {
  // Destroying a body early makes undici emit an error that nobody else would hear.
  stream.on('error', () => undefined);
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  let ended = true;
  for await (const chunk of stream) {
    const bytes = toBytes(chunk);
    chunks.push(bytes);
    sizeBytes += bytes.length;
    if (sizeBytes >= maxBytes) {
      ended = contentLength === String(sizeBytes);
      break;
    }
  }
  const all = Buffer.concat(chunks);
  return { bytes: all.subarray(0, maxBytes), complete: ended && sizeBytes <= maxBytes };
}

/** The bytes as text of at most `maxBytes` in UTF-8, cut between characters; unreadable bytes become U+FFFD. */
export function boundedText({ bytes, complete }: BoundedBytes, maxBytes: number): { body: string; truncated: boolean } {
  // stream: true leaves out a character that the cut went through.
  const decoded = new TextDecoder().decode(bytes, { stream: !complete });
  // Stores, terminals and the Web UI cut text at NUL or refuse it.
  const text = decoded.replaceAll('\0', '\uFFFD');
  // A binary body triples in size as U+FFFD, so the text is measured again.
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(maxBytes));
  return { body: text.slice(0, read), truncated: !complete || read < text.length };
}

function toBytes(chunk: unknown): Buffer {
  if (chunk instanceof Uint8Array) return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  return Buffer.from(String(chunk));
}
