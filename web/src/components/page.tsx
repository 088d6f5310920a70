import { Anchor, Box, Group, Stack, Text, Title } from '@mantine/core';
import { useEffect, type ReactNode } from 'react';
import { Link } from 'react-router';

interface PageProps {
  title: string;
  /** One sentence about what is here. */
  about?: ReactNode;
  /** Buttons at the right of the title. */
  actions?: ReactNode;
  /** The list that this page belongs to. */
  back?: { to: string; label: string };
  children: ReactNode;
}

/** A page of the dashboard below its heading. */
export function Page({ title, about, actions, back, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · EmailSendX`;
  }, [title]);
  return (
    <Stack gap="md">
      <Box>
        {back ? (
          <Anchor component={Link} to={back.to} size="sm">
            ← {back.label}
          </Anchor>
        ) : null}
        <Group justify="space-between" align="flex-start" gap="sm">
          <Box flex="1 1 280px" miw={0}>
            <Title order={1} size="h2" style={{ overflowWrap: 'anywhere' }}>
              {title}
            </Title>
            {about ? (
              <Text c="dimmed" size="sm" component="div">
                {about}
              </Text>
            ) : null}
          </Box>
          {actions ? <Group gap="xs">{actions}</Group> : null}
        </Group>
      </Box>
      {children}
    </Stack>
  );
}
