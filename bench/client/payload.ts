import { randomBytes } from 'node:crypto';

const domain = 'bench.example';
const tag = randomBytes(4).toString('hex');
/** What a webhook has in front of an event's number: of an identify, or of a click. */
const markers = [Buffer.from(`"contactEmail":"${tag}-`), Buffer.from(`"url":"https://${domain}/${tag}-`)];

/** The address that carries an event's number through the product: `<run>-<load>-<event>@…`. */
function emailOf(load: number, event: number): string {
  return `${tag}-${load}-${event}@${domain}`;
}

/** Which event a webhook tells of; undefined for a test ping and for what an earlier client sent. */
export function eventOf(body: Buffer): { load: number; event: number } | undefined {
  for (const marker of markers) {
    const at = body.indexOf(marker);
    if (at < 0) continue;
    const found = /^(\d+)-(\d+)[@"]/.exec(body.toString('latin1', at + marker.length, at + marker.length + 32));
    return found === null ? undefined : { load: Number(found[1]), event: Number(found[2]) };
  }
  return undefined;
}

/** Where the link of a click leads: each event has its own, by which its webhook is known. */
export function destinationOf(load: number, event: number): string {
  return `https://${domain}/${tag}-${load}-${event}`;
}

/** One event as Segment's source function sends it; with 300 bytes of traits it has about 700 bytes. */
export function identify(load: number, event: number, traitsBytes: number, sentAt: string): string {
  const id = `${tag}-${load}-${event}`;
  // Put together from texts: the generator has to be far cheaper than what it measures.
  return (
    `{"type":"identify","messageId":"segment-${id}","anonymousId":"anonymous-${id}","userId":"user_${id}",${context},` +
    `"traits":{"email":"${emailOf(load, event)}",${traitsText(traitsBytes)}},` +
    `"timestamp":"${sentAt}","originalTimestamp":"${sentAt}","sentAt":"${sentAt}","version":2}`
  );
}

const context =
  '"channel":"server","integrations":{"All":true},' +
  '"context":{"ip":"203.0.113.7","locale":"en-US","library":{"name":"analytics-node","version":"2.1.3"}}';
const basicTraits = '"firstName":"Morgan","lastName":"Ortega","plan":"pro"';
const traitsTexts = new Map<number, string>();

/** The traits but the email, with as many more as are needed: many short ones rather than one long text. */
function traitsText(bytes: number): string {
  const known = traitsTexts.get(bytes);
  if (known !== undefined) return known;
  let text = basicTraits;
  const valueLength = 60;
  for (let left = bytes - text.length - 40, number = 0; left > 20; left -= valueLength + 20, number++) {
    const value = 'x'.repeat(Math.min(valueLength, left - 20));
    text += `,"attribute_${String(number).padStart(3, '0')}":"${value}"`;
  }
  traitsTexts.set(bytes, text);
  return text;
}
