/** A moment as an input of a date and time takes it, in the browser's time zone: "2026-04-15T10:00". */
export function toLocalInput(at: string | null): string {
  if (at === null) return '';
  const date = new Date(at);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** The moment that is meant by it; null where nothing is typed. */
export function fromLocalInput(text: string): string | null {
  const atMs = Date.parse(text);
  return text === '' || Number.isNaN(atMs) ? null : new Date(atMs).toISOString();
}
