import { assertNever } from './assert-never';
import type { DeliveryStatus } from './delivery';
import type { EmailStatus } from './email';
import type { EndpointFacts, MessageFacts, Sentence, WhyFacts } from './why';

const stuckMs = 60_000;

/** What became of one message, from its receipt to its webhooks. */
export function explainMessage(message: MessageFacts, facts: WhyFacts): Sentence[] {
  return [
    ...receipt(message, facts.nowMs),
    ...outcome(message),
    ...nameOf(message),
    ...automations(message, facts),
    ...message.runs.flatMap(runOf),
    ...message.emails.map(emailOf),
    ...webhooks(message, facts),
  ];
}

function receipt(message: MessageFacts, nowMs: number): Sentence[] {
  const what = message.event === null ? 'The identify' : `The track "${message.event}"`;
  const came: Sentence = {
    ...{ stage: 'received', kind: 'ok', link: eventLink(message.id) },
    text: `${what} came at ${message.receivedAt} and was accepted.`,
  };
  if (message.status !== 'received') return [came];
  const isStuck = nowMs - Date.parse(message.receivedAt) > stuckMs;
  const text = isStuck
    ? 'It is stored and was not worked off for a minute and more: look whether a worker is running and Temporal is reachable (/readyz says so).'
    : 'It is stored and will be worked off in a moment.';
  return [came, { stage: 'received', kind: isStuck ? 'problem' : 'hint', text }];
}

function outcome({ status, changes, contactId, reason }: MessageFacts): Sentence[] {
  const link = contactId === null ? {} : { link: `/contacts/${contactId}` };
  switch (status) {
    case 'received':
      return [];
    case 'waiting':
      return [{ stage: 'contact', kind: 'hint', text: sentence(reason ?? 'It waits for an identify of its contact') }];
    case 'created':
      return [{ stage: 'contact', kind: 'ok', text: 'It made the contact.', ...link }];
    case 'updated':
      return [{ stage: 'contact', kind: 'ok', text: `It changed ${changes.join(', ')} of the contact.`, ...link }];
    case 'unchanged': {
      const text = 'It changed nothing, since the contact has these values already: so there is no contact.updated.';
      return [{ stage: 'contact', kind: 'hint', text, ...link }];
    }
    case 'recorded':
      return [{ stage: 'contact', kind: 'ok', text: 'Its contact was found.', ...link }];
    case 'unresolved':
    case 'failed':
      return [
        { stage: 'contact', kind: 'problem', text: sentence(`It had no effect: ${reason ?? 'nobody was found'}`) },
      ];
    default:
      return assertNever(status);
  }
}

function nameOf({ event, eventKey }: MessageFacts): Sentence[] {
  if (event === null || eventKey === null || event === eventKey) return [];
  return [{ stage: 'name', kind: 'ok', text: `Its name "${event}" is matched as "${eventKey}".` }];
}

function automations(message: MessageFacts, { automation }: WhyFacts): Sentence[] {
  return message.automations.map(({ automationId, name, ran, reason }): Sentence => {
    const link = `/automations/${automationId}`;
    if (ran) return { stage: 'automation', kind: 'ok', text: `"${name}" started.`, link };
    const isFilter = reason?.startsWith('filter: ') ?? false;
    const isAskedFor = automation?.known?.id === automationId;
    // That a filter keeps somebody out is what it is there for.
    const kind = isFilter && !isAskedFor ? 'hint' : 'problem';
    return {
      stage: 'automation',
      kind,
      text: sentence(`"${name}" did not start: ${reason ?? 'no reason is known'}`),
      link,
    };
  });
}

function runOf({ automationId, automationName, status, reason, log }: MessageFacts['runs'][number]): Sentence[] {
  const link = `/automations/${automationId}`;
  const skipped = log
    .filter(({ result }) => /^(skipped|gave up)/.test(result))
    .map(({ step, result }): Sentence => ({
      ...{ stage: 'run', kind: result.startsWith('skipped') ? 'hint' : 'problem', link },
      text: sentence(`Its step "${step}" ${result}`),
    }));
  const last = log.at(-1);
  switch (status) {
    case 'running': {
      const done = last
        ? `${log.length} of its steps are done, the last one "${last.step}": ${last.result}`
        : 'no step is done yet';
      return [
        { stage: 'run', kind: 'ok', text: sentence(`The run of "${automationName}" is under way: ${done}`), link },
        ...skipped,
      ];
    }
    case 'completed':
      return [
        { stage: 'run', kind: 'ok', text: `The run of "${automationName}" went through all its steps.`, link },
        ...skipped,
      ];
    case 'stopped': {
      const text = sentence(`The run of "${automationName}" was stopped: ${reason ?? 'no reason is known'}`);
      return [{ stage: 'run', kind: 'hint', text, link }, ...skipped];
    }
    default:
      return assertNever(status);
  }
}

function emailOf({ id, to, status, reason }: MessageFacts['emails'][number]): Sentence {
  const say = (kind: Sentence['kind'], what: string): Sentence => ({
    ...{ stage: 'email', kind, link: `/emails/${id}` },
    text: sentence(`The email to ${to} ${what}`),
  });
  const because = reason === null ? '' : `: ${reason}`;
  const byStatus: Record<EmailStatus, () => Sentence> = {
    queued: () => say('hint', `waits to be sent${because}`),
    sending: () => say('hint', 'is being sent'),
    sent: () => say('ok', 'was taken by the mail server'),
    delivered: () => say('ok', 'was delivered'),
    bounced: () => say('problem', `bounced${because}`),
    complained: () => say('problem', 'was reported as spam by its recipient'),
    failed: () => say('problem', `was refused${because}`),
    skipped: () => say('hint', `was held back${because}`),
  };
  return byStatus[status]();
}

function webhooks(message: MessageFacts, { endpoints, hasWebhooks }: WhyFacts): Sentence[] {
  return message.webhookEvents.flatMap(({ event, deliveries, isDispatched }): Sentence[] => {
    if (deliveries.length > 0) return deliveries.map((delivery) => deliveryOf(event, delivery, endpoints));
    if (!isDispatched) {
      return [{ stage: 'webhook', kind: 'hint', text: `The deliveries of ${event} are about to be made.` }];
    }
    return [unheard(event, endpoints, hasWebhooks)];
  });
}

function unheard(event: string, endpoints: readonly EndpointFacts[], hasWebhooks: boolean): Sentence {
  const link = '/settings/webhooks';
  const say = (text: string): Sentence => ({ stage: 'webhook', kind: 'hint', text, link });
  if (!hasWebhooks) return say(`${event} was told to nobody: the plan of this workspace has no webhooks.`);
  if (endpoints.length === 0) return say(`${event} was told to nobody: there is no endpoint; add one.`);
  if (!endpoints.some(({ events }) => events.includes(event))) return say(`No endpoint listens to ${event}.`);
  return say(`No endpoint listened to ${event} when it happened; one does now.`);
}

type DeliveryFacts = MessageFacts['webhookEvents'][number]['deliveries'][number];

function deliveryOf(event: string, delivery: DeliveryFacts, endpoints: readonly EndpointFacts[]): Sentence {
  const { id, endpointId, endpointUrl, attemptCount, lastStatusCode, lastError, nextAttemptAt } = delivery;
  const failure = lastStatusCode === null ? (lastError ?? 'no answer') : `it answered ${lastStatusCode}`;
  const endpoint = endpoints.find((each) => each.id === endpointId);
  const say = (kind: Sentence['kind'], what: string): Sentence => ({
    ...{ stage: 'webhook', kind, link: `/deliveries/${id}` },
    text: `${event} to ${endpointUrl}: ${what}.`,
  });
  const byStatus: Record<DeliveryStatus, () => Sentence> = {
    pending: () => say('hint', 'the first attempt is about to be made'),
    delivered: () => say('ok', `delivered at attempt ${attemptCount}`),
    retrying: () =>
      say('hint', `attempt ${attemptCount} failed, ${failure}; next attempt at ${nextAttemptAt ?? 'once'}`),
    failed: () =>
      say('problem', `all ${attemptCount} attempts failed, ${failure}; trigger it again once the receiver is mended`),
    held: () =>
      say(
        'problem',
        `held, since the endpoint is ${endpoint?.status ?? 'paused'}; it is sent once the endpoint is resumed`,
      ),
    cancelled: () => say('hint', 'cancelled; nothing more is sent unless it is triggered again'),
  };
  return byStatus[delivery.status]();
}

function eventLink(id: string): string {
  return `/events/${encodeURIComponent(id)}`;
}

/** Reasons come without a capital and a full stop. */
export function sentence(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}
