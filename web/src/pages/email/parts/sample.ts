/** The values that a preview is made with, as they are typed. */
export interface Sample {
  contactId: string;
  email: string;
  firstName: string;
  lastName: string;
  metadata: string;
  data: string;
  eventName: string;
  properties: string;
}

export const firstSample: Sample = {
  ...{ contactId: '', email: 'ada@example.com', firstName: 'Ada', lastName: 'Lovelace', metadata: '{}' },
  ...{ data: '{}', eventName: 'Purchase Completed', properties: '{ "amount": 99 }' },
};

type Values = Record<string, unknown>;
const jsonFields = ['metadata', 'data', 'properties'] as const;
export type JsonField = (typeof jsonFields)[number];

/** What is wrong with the typed JSON, by field. */
export function sampleMistakes(sample: Sample): Partial<Record<JsonField, string>> {
  return Object.fromEntries(
    jsonFields.flatMap((field) =>
      readObject(sample[field]) ? [] : [[field, 'must be a JSON object, such as { "amount": 99 }']],
    ),
  );
}

/** What POST /templates/preview takes; what cannot be read is left out. */
export function previewValues(sample: Sample) {
  const { contactId, email, firstName, lastName, eventName } = sample;
  const contact = { email, firstName, lastName, metadata: readObject(sample.metadata) ?? {} };
  return {
    ...(contactId === '' ? { contact } : { contactId }),
    data: readObject(sample.data) ?? {},
    event: { name: eventName, properties: readObject(sample.properties) ?? {} },
  };
}

function readObject(text: string): Values | undefined {
  if (text.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
