import { honeypotField, maxValueLength, type Form } from '../../domain/form';
import { escapeHtml } from './hosted-page';

interface Given {
  problem: string;
  valueOf: (name: string) => string | undefined;
}

/** The inputs of a form's page; with what was given before where that was refused. */
export function inputsOf(form: Form, given?: Given): string {
  const email = { key: 'email', label: 'Email', isRequired: true };
  return [
    ...(given ? [`<p role="alert">${escapeHtml(given.problem)}</p>`] : []),
    ...[email, ...form.fields].map((field) => inputOf(field, given?.valueOf(field.key))),
    // Out of sight and out of the tab order; programs that fill in everything fill in this, too.
    `<p class="apart" aria-hidden="true"><label>Leave this empty <input name="${honeypotField}" tabindex="-1" autocomplete="off"></label></p>`,
  ].join('\n');
}

/** The form as it can stand in a page of the customer's own. Their style is theirs, so what is out of sight says so. */
export function embedOf(form: Form, url: string): string {
  const email = { key: 'email', label: 'Email', isRequired: true };
  return [
    `<form action="${escapeHtml(url)}" method="post">`,
    ...[email, ...form.fields].map((field) => `  ${inputOf(field, undefined)}`),
    `  <p style="position:absolute;left:-100rem" aria-hidden="true"><label>Leave this empty <input name="${honeypotField}" tabindex="-1" autocomplete="off"></label></p>`,
    '  <button type="submit">Sign up</button>',
    '</form>',
  ].join('\n');
}

function inputOf(field: { key: string; label: string; isRequired: boolean }, value: string | undefined): string {
  const attributes = [
    `name="${escapeHtml(field.key)}"`,
    field.key === 'email' ? 'type="email" maxlength="254"' : `type="text" maxlength="${maxValueLength}"`,
    ...(field.isRequired ? ['required'] : []),
    ...(completion[field.key] === undefined ? [] : [`autocomplete="${completion[field.key]}"`]),
    ...(value === undefined ? [] : [`value="${escapeHtml(value.slice(0, maxValueLength))}"`]),
  ];
  return `<label>${escapeHtml(field.label)} <input ${attributes.join(' ')}></label>`;
}

/** What browsers fill in by themselves. */
const completion: Record<string, string | undefined> = {
  email: 'email',
  firstName: 'given-name',
  lastName: 'family-name',
};

/** What was typed in, a line for each field. */
export function summaryOf(form: Form, values: ReadonlyMap<string, string>): string[] {
  return form.fields.flatMap(({ key, label }) => {
    const value = values.get(key);
    return value === undefined ? [] : [`${label}: ${value}`];
  });
}
