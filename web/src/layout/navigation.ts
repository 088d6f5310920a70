import {
  IconAddressBook,
  IconBolt,
  IconForms,
  IconHelpCircle,
  IconHome,
  IconInbox,
  IconList,
  IconMail,
  IconMailOff,
  IconRoute,
  IconSend,
  IconSettings,
  IconTemplate,
  IconUpload,
  IconWebhook,
  IconAlertCircle,
  type Icon,
} from '@tabler/icons-react';

export interface Destination {
  to: string;
  label: string;
  icon: Icon;
  /** Only where the server keeps email in its own mailbox. */
  needsMailbox?: true;
}

/** The navigation at the left, in groups. */
export const navigation: { title: string; destinations: Destination[] }[] = [
  {
    title: '',
    destinations: [
      { to: '/', label: 'Overview', icon: IconHome },
      { to: '/events', label: 'Events', icon: IconBolt },
      { to: '/rejections', label: 'Rejections', icon: IconAlertCircle },
      { to: '/deliveries', label: 'Deliveries', icon: IconWebhook },
      { to: '/why', label: 'Why?', icon: IconHelpCircle },
    ],
  },
  {
    title: 'People',
    destinations: [
      { to: '/contacts', label: 'Contacts', icon: IconAddressBook },
      { to: '/lists', label: 'Lists', icon: IconList },
      { to: '/imports', label: 'Imports', icon: IconUpload },
      { to: '/forms', label: 'Forms', icon: IconForms },
      { to: '/suppressions', label: 'Suppressions', icon: IconMailOff },
    ],
  },
  {
    title: 'Messages',
    destinations: [
      { to: '/automations', label: 'Automations', icon: IconRoute },
      { to: '/campaigns', label: 'Campaigns', icon: IconSend },
      { to: '/templates', label: 'Templates', icon: IconTemplate },
      { to: '/emails', label: 'Emails', icon: IconMail },
      { to: '/mailbox', label: 'Mailbox', icon: IconInbox, needsMailbox: true },
    ],
  },
];

/** Tabs of the settings, in their order. */
export const settingsTabs = [
  { to: '/settings/general', label: 'General' },
  { to: '/settings/api', label: 'API' },
  { to: '/settings/integrations', label: 'Integrations' },
  { to: '/settings/webhooks', label: 'Webhooks' },
  { to: '/settings/sending', label: 'Sending' },
  { to: '/settings/people', label: 'People' },
];

export const settingsIcon = IconSettings;
