import { parseArgs } from 'node:util';
import { z } from 'zod';
import type { Api } from '../api';
import { commonHelp, commonOptions, onlyArgument, parsed, readNumber, type Command } from '../command';
import { connect } from '../connection';
import { CliError, exitCodes } from '../outcome';
import { plain, plainLines, type Output } from '../output';
import { printFields } from '../table';
import { shortTime } from '../times';

const name = 'contacts show';
const text = z.string();
const contactSchema = z.object({
  ...{ id: text, email: text, firstName: text.nullable(), lastName: text.nullable(), status: text, source: text },
  ...{ metadata: z.unknown(), userIds: z.array(text), listIds: z.array(text), createdAt: text, updatedAt: text },
});
const itemSchema = z.object({ at: text, kind: text, title: text, detail: text.nullable(), status: text.nullable() });
const timelinePage = z.object({ data: z.array(itemSchema) });
const contactPage = z.object({ data: z.array(z.object({ id: text })) });

const help = `esx contacts show <email or id> [options]

One contact, and what happened to it lately: messages, changes, emails, automations.

  --last N     how much of what happened, 0 to 100; 20 if not given
${commonHelp}

With --json the answer is {"contact": …, "timeline": [ … ]}.`;

export const contactsShow: Command = {
  help,
  async run(args, cli) {
    const { values, positionals } = parsed(name, () =>
      parseArgs({
        args,
        allowPositionals: true,
        options: { ...commonOptions, last: { type: 'string', default: '20' } },
      }),
    );
    const whom = onlyArgument(name, positionals, 'the email or id');
    const limit = readNumber('--last', values.last, { min: 0, max: 100 });
    const api = connect(values, cli);
    const path = `/contacts/${encodeURIComponent(whom.includes('@') ? await idOf(api, whom) : whom)}`;
    const contact = await api.get(path, contactSchema);
    const timeline = limit === 0 ? undefined : await api.get(`${path}/timeline`, timelinePage, { limit });
    if (values.json) {
      cli.out.json({
        contact: contact.json,
        timeline: z.object({ data: z.unknown() }).safeParse(timeline?.json).data?.data ?? [],
      });
    } else show(cli.out, contact.data, timeline?.data.data ?? [], contact.nowMs);
    return exitCodes.ok;
  },
};

async function idOf(api: Api, email: string): Promise<string> {
  const { data } = await api.get('/contacts', contactPage, { email, limit: 1 });
  const [contact] = data.data;
  if (contact) return contact.id;
  throw new CliError(`There is no contact with the address ${plain(email)} in this workspace.`, exitCodes.notThere);
}

function show(
  out: Output,
  contact: z.infer<typeof contactSchema>,
  timeline: z.infer<typeof itemSchema>[],
  nowMs: number,
): void {
  printFields(out, [
    ['contact', contact.id],
    ['email', contact.email],
    ['name', [contact.firstName, contact.lastName].filter(Boolean).join(' ')],
    ['status', contact.status],
    ['source', contact.source],
    ['user ids', contact.userIds.join(', ')],
    ['lists', contact.listIds.join(', ')],
    ['made', shortTime(contact.createdAt, nowMs)],
    ['changed', shortTime(contact.updatedAt, nowMs)],
  ]);
  out.line(out.paint('metadata', 'dim'));
  plainLines(JSON.stringify(contact.metadata, null, 2)).forEach((line) => out.line(`  ${line}`));
  if (timeline.length === 0) return;
  out.line();
  const width = Math.max(...timeline.map(({ kind }) => kind.length));
  for (const { at, kind, title, detail, status } of timeline) {
    const more = [status, detail].filter((part) => part !== null && part !== '').join('; ');
    out.line(
      `${shortTime(at, nowMs)}  ${out.paint(kind.padEnd(width), 'cyan')}  ${plain(title)}${more === '' ? '' : `  ${out.paint(plain(more), 'dim')}`}`,
    );
  }
}
