/** What the form of an endpoint holds; headers as rows, since a person may have typed the same name twice so far. */
export interface EndpointValues {
  url: string;
  description: string;
  events: string[];
  headers: { name: string; value: string }[];
}

/** Stands for a value that is kept and not shown. */
export const maskedValue = '***';

export function valuesOf(endpoint: {
  url: string;
  description: string;
  events: string[];
  headers: Record<string, string>;
}): EndpointValues {
  const { url, description, events, headers } = endpoint;
  return { url, description, events, headers: Object.entries(headers).map(([name, value]) => ({ name, value })) };
}

/** Rows that are wholly empty are left out. */
export function headersOf(rows: EndpointValues['headers']): Record<string, string> {
  return Object.fromEntries(
    rows.filter(({ name, value }) => name.trim() !== '' || value !== '').map(({ name, value }) => [name.trim(), value]),
  );
}

/** What is wrong before the server is asked, by the path of the field. */
export function validateValues({ url, events, headers }: EndpointValues): Record<string, string> {
  const names = headers.map(({ name }) => name.trim().toLowerCase());
  const problems: Record<string, string> = {};
  if (url.trim() === '') problems['url'] = 'Enter the https URL that takes the webhooks';
  if (events.length === 0) problems['events'] = 'Choose at least one event';
  headers.forEach(({ name, value }, row) => {
    if (name.trim() === '' && value !== '') problems[`headers.${row}.name`] = 'Enter the name of the header';
    if (name.trim() !== '' && names.indexOf(name.trim().toLowerCase()) !== row)
      problems[`headers.${row}.name`] = 'This name is there already';
  });
  return problems;
}

/** The fields that the server found fault with, by the path that the form knows them by. */
export function fieldErrors(
  errors: readonly { pointer: string; detail: string }[],
  rows: EndpointValues['headers'],
): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { pointer, detail } of errors) {
    const [field = '', part] = pointer.slice(1).split('/');
    const row = rows.findIndex(({ name }) => name.trim() === part);
    if (field === 'headers') found[row < 0 ? 'headers' : `headers.${row}.name`] = detail;
    else found[field] = detail;
  }
  return found;
}
