interface SentRequest {
  url: string;
  headers: { name: string; value: string }[];
  body: string | null;
}

/** The request as a command for a shell. Masked values stay masked: whoever has them puts them in. */
export function curlOf({ url, headers, body }: SentRequest): string {
  const lines = [
    `curl -i -X POST ${quoted(url)}`,
    ...headers
      .filter(({ name }) => name !== 'accept-encoding')
      .map(({ name, value }) => `-H ${quoted(`${name}: ${value}`)}`),
    ...(body === null ? [] : [`--data-binary ${quoted(body)}`]),
  ];
  return lines.join(' \\\n  ');
}

/** In single quotes nothing means anything to a shell, but for the quote itself. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
