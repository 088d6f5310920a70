/** Control characters and halves of surrogate pairs are refused too: MongoDB would store the latter as another text. */
const address =
  /^[^\s\p{Cc}\p{Cs}@"<>()[\],;:\\]{1,64}@[^\s\p{Cc}\p{Cs}@"<>()[\],;:\\]+\.[^\s\p{Cc}\p{Cs}@"<>()[\],;:\\.]{2,}$/u;

/** The address in the form it is stored and compared in (trimmed, lower case), or undefined when it is not one. */
export function normalizeEmail(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const text = value.trim().toLowerCase();
  return text.length <= 254 && address.test(text) && !text.includes('..') ? text : undefined;
}

const anywhere = /[^\s\p{Cc}\p{Cs}@"<>()[\],;:\\]{1,64}@[^\s\p{Cc}\p{Cs}@"<>()[\],;:\\]{1,190}/gu;

/** Whatever in a text could be an address, in the form that addresses are compared in. */
export function addressesIn(text: string): string[] {
  return (text.match(anywhere) ?? []).map((found) => found.toLowerCase());
}
