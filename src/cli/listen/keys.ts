const controlC = '\u0003';

interface Terminal {
  on(event: 'data', take: (chunk: Buffer) => void): unknown;
  off(event: 'data', take: (chunk: Buffer) => void): unknown;
  resume(): unknown;
  pause(): unknown;
  setRawMode(isRaw: boolean): unknown;
}

/** Single keys of a terminal, until the returned function is called. */
export function readKeys(input: Terminal, on: { r: () => void; q: () => void }): () => void {
  const take = (chunk: Buffer): void => {
    for (const key of chunk.toString('utf8')) {
      if (key === 'r') on.r();
      // In raw mode the terminal makes no signal of it.
      else if (key === 'q' || key === controlC) on.q();
    }
  };
  input.setRawMode(true);
  input.on('data', take);
  input.resume();
  return () => {
    input.off('data', take);
    input.setRawMode(false);
    input.pause();
  };
}
