import { createTransport, type SendMailOptions } from 'nodemailer';
import PostalMime from 'postal-mime';
import { offer } from '../system/child';

/** Bare nodemailer: what the same machine and the same SMTP server do without the product. */
export interface Mailing {
  smtpUrl: string;
  connections: number;
  count: number;
  /** A message of the product as it came over the wire: what is sent has its parts and headers, and so its length. */
  sample: string;
}

/** The others are nodemailer's own. */
const copiedHeaders = /^(list-|feedback-id$|x-)/;

const functions = {
  /** Each connection sends again when the server has taken its last message; resolves when all are taken. */
  async mail({ smtpUrl, connections, count, sample }: Mailing): Promise<void> {
    const transport = createTransport({
      ...{ pool: true, url: smtpUrl, maxConnections: connections, maxMessages: Number.POSITIVE_INFINITY },
    });
    const message = await readSample(sample);
    let begun = 0;
    const client = async (): Promise<void> => {
      while (begun < count) await transport.sendMail({ ...message, to: `bare-${begun++}@bench.example` });
    };
    await Promise.all(Array.from({ length: connections }, client));
    transport.close();
  },
};
export type NodemailerFunctions = typeof functions;

async function readSample(sample: string): Promise<SendMailOptions> {
  const { from, subject = '', html = '', text = '', headers } = await PostalMime.parse(sample);
  return {
    from: { name: from?.name ?? '', address: from?.address ?? '' },
    ...{ subject, html, text },
    headers: headers.flatMap(({ key, originalKey, value }) =>
      copiedHeaders.test(key) ? [{ key: originalKey, value }] : [],
    ),
  };
}

offer(functions);
