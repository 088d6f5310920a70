import type { RouteObject } from 'react-router';

export const emailRoutes: RouteObject[] = [
  { path: '/templates', lazy: async () => ({ Component: (await import('./templates/templates')).TemplatesPage }) },
  { path: '/templates/new', lazy: async () => ({ Component: (await import('./templates/template')).NewTemplatePage }) },
  { path: '/templates/:id', lazy: async () => ({ Component: (await import('./templates/template')).TemplatePage }) },
  { path: '/campaigns', lazy: async () => ({ Component: (await import('./campaigns/campaigns')).CampaignsPage }) },
  {
    path: '/campaigns/new',
    lazy: async () => ({ Component: (await import('./campaigns/new-campaign')).NewCampaignPage }),
  },
  { path: '/campaigns/:id', lazy: async () => ({ Component: (await import('./campaigns/campaign')).CampaignPage }) },
  { path: '/emails', lazy: async () => ({ Component: (await import('./emails/emails')).EmailsPage }) },
  { path: '/emails/:id', lazy: async () => ({ Component: (await import('./emails/email')).EmailPage }) },
  { path: '/mailbox', lazy: async () => ({ Component: (await import('./mailbox/mailbox')).MailboxPage }) },
  { path: '/mailbox/:id', lazy: async () => ({ Component: (await import('./mailbox/mail')).MailPage }) },
];
