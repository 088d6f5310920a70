import { Tabs } from '@mantine/core';
import { useLocation, useNavigate } from 'react-router';
import { Page } from '../components/page';
import { settingsTabs } from './navigation';

/** A page of the settings below their tabs. */
export function SettingsPage({ title, about, actions, children }: Omit<Parameters<typeof Page>[0], 'back'>) {
  const { pathname } = useLocation();
  const navigate = useNavigate();
  const active = settingsTabs.find(({ to }) => pathname.startsWith(to))?.to ?? null;
  return (
    <Page title={title} about={about} actions={actions}>
      <Tabs value={active} onChange={(to) => void navigate(to ?? '/settings/general')} keepMounted={false}>
        <Tabs.List aria-label="Settings">
          {settingsTabs.map(({ to, label }) => (
            <Tabs.Tab key={to} value={to}>
              {label}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value={active ?? ''} pt="md">
          {children}
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}
