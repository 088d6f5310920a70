/** One event of a stream of server-sent events. */
export interface SseEvent {
  event: string;
  data: string;
  id?: string;
}

/** The events of a stream as they come. Comments are left out; `onBytes` hears of them as of everything else. */
export async function* readSse(
  stream: AsyncIterable<unknown> | Iterable<unknown>,
  onBytes: () => void = () => undefined,
): AsyncGenerator<SseEvent> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream) {
    onBytes();
    rest += chunk instanceof Uint8Array ? decoder.decode(chunk, { stream: true }) : String(chunk);
    const blocks = rest.split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const event = readBlock(block);
      if (event) yield event;
    }
  }
}

function readBlock(block: string): SseEvent | undefined {
  const fields = new Map<string, string>();
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 1).replace(/^ /, ''));
  }
  const data = fields.get('data');
  const id = fields.get('id');
  return data === undefined
    ? undefined
    : { event: fields.get('event') ?? 'message', data, ...(id === undefined ? {} : { id }) };
}
