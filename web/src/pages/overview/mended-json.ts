/** JSON with its lines set in, to be edited; what is none stays as it is. */
export function indented(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** Why a text cannot be sent as an event; undefined when it can. */
export function jsonProblem(text: string): string | undefined {
  if (text.trim() === '') return 'Write the event as JSON.';
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return 'One event is needed: an object in { }.';
    return undefined;
  } catch (error) {
    return `This is not JSON: ${error instanceof Error ? error.message : 'it cannot be read'}`;
  }
}
