/** What a form asks for, as its editor holds it. */
export interface FormValues {
  name: string;
  listIds: string[];
  fields: { key: string; label: string; required: boolean }[];
  doubleOptIn: boolean;
  redirectUrl: string;
  confirmSubject: string;
}

export const blankForm: FormValues = {
  ...{ name: '', listIds: [], doubleOptIn: true, redirectUrl: '', confirmSubject: '' },
  fields: [{ key: 'firstName', label: 'First name', required: false }],
};

/** The path of an editor's field from the API's pointer: `/fields/0/key` is `fields.0.key`. */
export function fieldAt(pointer: string): string {
  return pointer.slice(1).replaceAll('/', '.');
}

/** The kinds of a field: a name of the contact, or a trait. */
export function kindOf(key: string): 'firstName' | 'lastName' | 'trait' {
  return key === 'firstName' || key === 'lastName' ? key : 'trait';
}
export function traitOf(key: string): string {
  return key.startsWith('metadata.') ? key.slice('metadata.'.length) : '';
}
