/** Name and value, in the order in which they came. */
export type HeaderLines = [name: string, value: string][];

/** What is kept of the headers of an answer, at most. */
const limits = { headers: 30, characters: 2_048, valueCharacters: 256 } as const;
/** Of the connection, not of the answer. */
const ofConnection: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'transfer-encoding']);
const secretName = /cookie|auth|token|secret|session|credential|password|api-?key|signature/i;

/** The headers of an answer as the delivery log keeps them: bounded, and those that may let somebody in masked. */
export function keptHeaders(headers: Readonly<Record<string, string | string[] | undefined>>): HeaderLines {
  const kept: HeaderLines = [];
  let characters = 0;
  for (const [name, value] of Object.entries(headers)) {
    if (ofConnection.has(name)) continue;
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one === undefined) continue;
      const line: HeaderLines[number] = [name, secretName.test(name) ? '***' : one.slice(0, limits.valueCharacters)];
      characters += line[0].length + line[1].length;
      if (kept.length === limits.headers || characters > limits.characters) return kept;
      kept.push(line);
    }
  }
  return kept;
}
