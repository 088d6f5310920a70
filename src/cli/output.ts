/** Where a command writes to. Lines for people, or JSON for programs; errors go beside. */
export interface Output {
  line(text?: string): void;
  /** One value on one line, as NDJSON has it. */
  json(value: unknown): void;
  note(text: string): void;
  paint: Paint;
  isTerminal: boolean;
}

const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;
export type Colour = keyof typeof codes;
export type Paint = (text: string, colour: Colour | undefined) => string;

/** The part of a stream that is needed here. */
interface Sink {
  write(text: string): unknown;
  isTTY?: boolean;
}

export function createOutput(out: Sink, error: Sink, isPlain: boolean): Output {
  const isTerminal = out.isTTY === true;
  const isPainted = isTerminal && !isPlain;
  return {
    line: (text = '') => void out.write(`${text}\n`),
    json: (value) => void out.write(`${JSON.stringify(value)}\n`),
    note: (text) => void error.write(`${text}\n`),
    paint: (text, colour) =>
      isPainted && colour !== undefined && text !== '' ? `\u001b[${codes[colour]}m${text}\u001b[0m` : text,
    isTerminal,
  };
}

/** Text from outside: it must not steer the terminal, nor make up lines of its own. */
export function plain(text: string): string {
  return text.replace(/\p{C}/gu, '�');
}

/** The same over several lines. */
export function plainLines(text: string): string[] {
  return text.split(/\r\n|\n/).map((line) => plain(line.replaceAll('\t', '  ')));
}
