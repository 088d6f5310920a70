import { AppShell, Burger, Center, Group, Loader, NavLink, ScrollArea, Text, UnstyledButton } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useEffect } from 'react';
import { Link, Navigate, Outlet, useLocation, useNavigation } from 'react-router';
import { ApiError } from '../api/client';
import { useSession } from '../api/session';
import { ErrorNote } from '../components/states';
import { navigation, settingsIcon as SettingsIcon, type Destination } from './navigation';
import { PersonMenu } from './person-menu';

/** The frame around every page of those who are signed in; others are sent to sign in, and back afterwards. */
export function Shell() {
  const session = useSession();
  const { pathname, search } = useLocation();
  const [isOpen, { toggle, close }] = useDisclosure();
  useEffect(close, [pathname, close]);

  if (session.error instanceof ApiError && session.error.status === 401) {
    return <Navigate to={`/login?next=${encodeURIComponent(pathname + search)}`} replace />;
  }
  if (session.error && !session.data) {
    return (
      <Center h="100vh" p="lg">
        <ErrorNote error={session.error} onRetry={() => void session.refetch()} />
      </Center>
    );
  }
  if (!session.data) {
    return (
      <Center h="100vh">
        <Loader aria-label="Loading" />
      </Center>
    );
  }
  return (
    <AppShell
      header={{ height: 52 }}
      navbar={{ width: 220, breakpoint: 'sm', collapsed: { mobile: !isOpen } }}
      padding={{ base: 'sm', sm: 'lg' }}
    >
      <AppShell.Header>
        <a href="#main" className="skip-link">
          Skip to the content
        </a>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger opened={isOpen} onClick={toggle} hiddenFrom="sm" size="sm" aria-label="Navigation" />
            <UnstyledButton component={Link} to="/">
              <Group gap={8} wrap="nowrap">
                <img src="/icon.svg" width={24} height={24} alt="" />
                <Text fw={700}>EmailSendX</Text>
              </Group>
            </UnstyledButton>
            <Text c="dimmed" size="sm" truncate visibleFrom="xs">
              {session.data.workspace.name}
            </Text>
          </Group>
          <PersonMenu session={session.data} />
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" aria-label="Main">
        <AppShell.Section grow component={ScrollArea}>
          {navigation.map(({ title, destinations }) => (
            <div key={title}>
              {title ? (
                <Text size="xs" c="dimmed" px="sm" pt="sm" pb={4}>
                  {title}
                </Text>
              ) : null}
              {destinations
                .filter(({ needsMailbox }) => !needsMailbox || session.data.server.isMailboxUsed)
                .map((destination) => (
                  <Entry key={destination.to} destination={destination} pathname={pathname} />
                ))}
            </div>
          ))}
        </AppShell.Section>
        <AppShell.Section>
          <NavLink
            component={Link}
            to="/settings/general"
            label="Settings"
            leftSection={<SettingsIcon size={18} />}
            active={pathname.startsWith('/settings')}
          />
        </AppShell.Section>
      </AppShell.Navbar>
      <AppShell.Main id="main" tabIndex={-1}>
        <PageLoading />
        <Outlet />
      </AppShell.Main>
    </AppShell>
  );
}

function Entry({
  destination: { to, label, icon: EntryIcon },
  pathname,
}: {
  destination: Destination;
  pathname: string;
}) {
  const isActive = to === '/' ? pathname === '/' : pathname === to || pathname.startsWith(`${to}/`);
  return (
    <NavLink
      component={Link}
      to={to}
      label={label}
      leftSection={<EntryIcon size={18} />}
      active={isActive}
      aria-current={isActive ? 'page' : undefined}
    />
  );
}

/** A page that is fetched for the first time says so, without moving the one that is still shown. */
function PageLoading() {
  const { state } = useNavigation();
  if (state === 'idle') return null;
  return <Loader size="xs" pos="fixed" top={64} right={16} aria-label="Loading the page" />;
}
