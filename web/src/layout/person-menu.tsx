import { Button, Menu, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { IconBook, IconChevronDown, IconLogout, IconMoon, IconSun, IconTimeline, IconUser } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from 'react-router';
import type { useSession } from '../api/session';
import { showError } from '../components/notify';

type Session = NonNullable<ReturnType<typeof useSession>['data']>;

/** Who is signed in, and what is theirs: account, colours, signing out. */
export function PersonMenu({ session }: { session: Session }) {
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme('light');
  const queries = useQueryClient();
  const navigate = useNavigate();
  const signOut = async (): Promise<void> => {
    const response = await fetch('/api/auth/sign-out', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    if (!response.ok) return showError(new Error('Signing out failed; try again.'));
    queries.clear();
    await navigate('/login');
  };
  return (
    <Menu position="bottom-end" width={220}>
      <Menu.Target>
        <Button variant="subtle" color="gray" miw={0} px="xs" rightSection={<IconChevronDown size={16} />}>
          {session.person?.name ?? 'API key'}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item component={Link} to="/account" leftSection={<IconUser size={16} />}>
          My account
        </Menu.Item>
        <Menu.Item
          closeMenuOnClick={false}
          leftSection={scheme === 'dark' ? <IconSun size={16} /> : <IconMoon size={16} />}
          onClick={() => setColorScheme(scheme === 'dark' ? 'light' : 'dark')}
        >
          {scheme === 'dark' ? 'Light colours' : 'Dark colours'}
        </Menu.Item>
        <Menu.Item component="a" href="/docs" target="_blank" leftSection={<IconBook size={16} />}>
          API reference
        </Menu.Item>
        {session.server.temporalUiUrl ? (
          <Menu.Item
            component="a"
            href={session.server.temporalUiUrl}
            target="_blank"
            rel="noreferrer"
            leftSection={<IconTimeline size={16} />}
          >
            Temporal Web UI
          </Menu.Item>
        ) : null}
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => void signOut().catch(showError)}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
