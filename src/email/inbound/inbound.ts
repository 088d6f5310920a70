import type { Logger } from 'pino';
import type { Config } from '../../config';
import type { EmailEventReceiver } from '../../ingest/receive-email-events';
import type { Stores } from '../../mongo/stores';
import type { AddressGuard } from '../../webhooks/address-guard';
import { createHttpExchange } from '../../webhooks/http-exchange';
import type { LinkSigner } from '../links';
import { createFetchText } from './fetch-text';
import { createMailIntake } from './receive-mail';
import { createNotificationIntake, type NotificationIntake } from './receive-notification';
import { startInboundMail } from './smtp-listener';

export interface Inbound {
  notifications: NotificationIntake;
  /** Listens for mailed reports where a port is set for them; the port that was taken. */
  listen(): Promise<{ port: number } | undefined>;
  close(): Promise<void>;
}

/** What others report of our email: providers by their webhooks, mail servers by mail. */
export function createInbound(deps: {
  config: Pick<Config, 'inboundMail'>;
  stores: Pick<Stores, 'emails' | 'emailEvents' | 'providers' | 'providerTokens'>;
  receiver: Pick<EmailEventReceiver, 'receive'>;
  links: LinkSigner;
  guard: AddressGuard;
  now: () => number;
  logger: Logger;
}): Inbound {
  const { config, stores, links, logger } = deps;
  const http = createHttpExchange({ guard: deps.guard, maxConnectionsPerOrigin: 4 });
  const intake = createMailIntake({ ...deps, ...stores, signer: links });
  let listener: Awaited<ReturnType<typeof startInboundMail>> | undefined;
  return {
    notifications: createNotificationIntake({ ...deps, ...stores, fetchText: createFetchText(http) }),
    async listen() {
      if (config.inboundMail)
        listener = await startInboundMail({ settings: config.inboundMail, links, intake, logger });
      return listener && { port: listener.port };
    },
    async close() {
      await listener?.stop();
      await http.close();
    },
  };
}
