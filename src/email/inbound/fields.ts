/** Header fields of a message, or of a group in a report: lower-case names, unfolded values. */
export type Fields = ReadonlyMap<string, readonly string[]>;

const maxFields = 1_000;
const fieldForm = /^([!-9;-~]{1,100})[ \t]*:[ \t]?(.*)$/;

/** Groups of fields with blank lines between. What is no field is passed over. */
export function readGroups(text: string): Fields[] {
  const groups: Map<string, string[]>[] = [];
  let group: Map<string, string[]> | undefined;
  let last: string[] | undefined;
  let count = 0;
  for (const line of text.split(/\r\n|\r|\n/)) {
    if (line.trim() === '') {
      group = undefined;
      last = undefined;
      continue;
    }
    if (/^[ \t]/.test(line) && last) {
      last.push(`${last.pop() ?? ''} ${line.trim()}`);
      continue;
    }
    const [, name, value] = fieldForm.exec(line) ?? [];
    if (name === undefined || value === undefined || ++count > maxFields) {
      last = undefined;
      continue;
    }
    if (!group) {
      group = new Map();
      groups.push(group);
    }
    const key = name.toLowerCase();
    last = group.get(key) ?? [];
    group.set(key, last);
    last.push(value.trim());
  }
  return groups;
}

export function first(fields: Fields | undefined, ...names: string[]): string | undefined {
  for (const name of names) {
    const value = fields?.get(name)?.[0];
    if (value !== undefined && value !== '') return value;
  }
  return undefined;
}
