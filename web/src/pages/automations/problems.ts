/** What the server says is wrong, with its JSON pointer. */
export interface Problem {
  pointer: string;
  detail: string;
}

/** A problem of a step, trigger or name: `field` is the rest of its pointer, `/duration`, or empty. */
export interface Fault {
  field: string;
  detail: string;
}

/**
 * Problems by what they are at: `name`, `trigger`, `exitOn`, or the place of a step (`2.else.1`). What is at none of
 * them is at `all`.
 */
export function faultsByPlace(problems: readonly Problem[]): Map<string, Fault[]> {
  const found = new Map<string, Fault[]>();
  for (const { pointer, detail } of problems) {
    const { place, field } = placeOf(pointer);
    found.set(place, [...(found.get(place) ?? []), { field, detail }]);
  }
  return found;
}

function placeOf(pointer: string): { place: string; field: string } {
  const step = /^\/steps((?:\/\d+\/(?:then|else))*\/\d+)(?=\/|$)(.*)$/s.exec(pointer);
  if (step) return { place: (step[1] ?? '').slice(1).replaceAll('/', '.'), field: step[2] ?? '' };
  const top = /^\/(name|trigger|exitOn)(?=\/|$)(.*)$/s.exec(pointer);
  return top ? { place: top[1] ?? '', field: top[2] ?? '' } : { place: 'all', field: pointer };
}

/** What is wrong with one field; also with what is inside of it. */
export function faultAt(faults: readonly Fault[] | undefined, field: string): string | undefined {
  return faults?.find((fault) => fault.field === field || fault.field.startsWith(`${field}/`))?.detail;
}

/** What no field of the editor shows. */
export function faultsElsewhere(faults: readonly Fault[] | undefined, fields: readonly string[]): string[] {
  return (faults ?? [])
    .filter(({ field }) => !fields.some((shown) => field === shown || field.startsWith(`${shown}/`)))
    .map(({ field, detail }) => `${field.slice(1).replaceAll('/', '.')} ${detail}`.trim());
}
