import {
  IconArrowsSplit2,
  IconClock,
  IconListCheck,
  IconListDetails,
  IconMail,
  IconMailOpened,
  IconPlayerStop,
  IconUserEdit,
  IconWebhook,
  type Icon,
} from '@tabler/icons-react';
import type { Step } from './queries';

export const stepIcons: Record<Step['type'], Icon> = {
  wait: IconClock,
  sendEmail: IconMail,
  waitForEmail: IconMailOpened,
  condition: IconArrowsSplit2,
  addToList: IconListCheck,
  removeFromList: IconListDetails,
  updateContact: IconUserEdit,
  webhook: IconWebhook,
  end: IconPlayerStop,
};
