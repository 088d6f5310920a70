import type { ListenMessage } from '../../../domain/listening';
import { plain, type Output } from '../output';
import { shortDuration, shortTime } from '../times';
import type { Exchange } from './exchanges';

export interface Report {
  hello(message: ListenMessage<'hello'>): void;
  exchanged(exchange: Exchange): void;
  skipped(count: number | null, reason: string): void;
  lost(why: string): void;
  end(): void;
}

/** Each thing as one line of JSON. */
export function jsonReport(out: Output): Report {
  return {
    hello: (message) => out.json({ type: 'ready', ...message }),
    exchanged({ at, request: { headers, body: _body, ...request }, answer }) {
      const { statusCode, error, durationMs } = answer;
      const isReplay = headers['esx-replay'] === 'true';
      out.json({ type: 'exchange', at: at.toISOString(), ...request, isReplay, statusCode, error, durationMs });
    },
    skipped: (count, reason) => out.json({ type: 'skipped', count, reason }),
    lost: (why) => out.json({ type: 'lost', reason: why }),
    end: () => undefined,
  };
}

const maxShownBody = 200;

/** One line for each exchange; compact: nothing else. */
export function textReport(
  out: Output,
  { isCompact, forwardTo, url, hasKeys }: { isCompact: boolean; forwardTo: string; url: string; hasKeys: boolean },
): Report {
  let isIntroduced = false;
  let taken = 0;
  let refused = 0;
  return {
    hello({ secret }) {
      if (isIntroduced) return out.note('esx: connected again');
      isIntroduced = true;
      out.line(`Listening at ${url}; what comes goes to ${forwardTo}`);
      out.line(`Signing secret  ${out.paint(secret, 'bold')}  (the same each time)`);
      if (hasKeys) out.line(out.paint('r sends the last one again, q ends', 'dim'));
      out.line();
    },
    exchanged({ at, request, answer }) {
      const isTaken = answer.statusCode !== null && answer.statusCode >= 200 && answer.statusCode < 300;
      if (isTaken) taken++;
      else refused++;
      const status = out.paint(String(answer.statusCode ?? 'no answer').padEnd(3), isTaken ? 'green' : 'red');
      const time = shortTime(at.toISOString(), at.getTime());
      const took = shortDuration(answer.durationMs);
      if (isCompact) return out.line(`${time} ${plain(request.event)} ${status} ${took}`);
      const byHand = request.headers['esx-replay'] === 'true' ? '  sent by hand' : '';
      const id = out.paint(request.deliveryId ?? request.eventId, 'dim');
      out.line(`${time}  ${plain(request.event).padEnd(18)}  ${status}  ${took.padStart(8)}  ${id}${byHand}`);
      const why = answer.error ?? (isTaken ? '' : answer.body.slice(0, maxShownBody));
      if (why !== '') out.line(out.paint(`          ${plain(why)}`, 'dim'));
    },
    skipped: (count, reason) =>
      out.note(`esx: ${count === null ? 'some events were' : `${count} events were`} left out. ${reason}`),
    lost: (why) => out.note(`esx: ${why} Connecting again.`),
    end: () => {
      if (!isCompact) out.line(`${taken} taken, ${refused} not taken.`);
    },
  };
}
