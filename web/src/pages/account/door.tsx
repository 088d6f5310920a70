import { Alert, Box, Card, Center, Group, Stack, Text, Title } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useEffect, type ReactNode } from 'react';

/** A page for those who are not signed in: one card in the middle. */
export function Door({ title, about, children }: { title: string; about?: ReactNode; children: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · EmailSendX`;
  }, [title]);
  return (
    <Center mih="100vh" p="md">
      <Box component="main" w="100%" maw={420}>
        <Group gap={8} justify="center" mb="lg">
          <img src="/icon.svg" width={28} height={28} alt="" />
          <Text fw={700} size="lg">
            EmailSendX
          </Text>
        </Group>
        <Card withBorder p="xl" shadow="sm">
          <Stack>
            <Title order={1} size="h3" style={{ overflowWrap: 'anywhere' }}>
              {title}
            </Title>
            {about ? (
              <Text size="sm" c="dimmed" component="div">
                {about}
              </Text>
            ) : null}
            {children}
          </Stack>
        </Card>
      </Box>
    </Center>
  );
}

/** What the server has refused, in the place of the form where it was asked. */
export function Refusal({ error }: { error: Error | null }) {
  if (!error) return null;
  return (
    <Alert color="red" icon={<IconAlertTriangle />} role="alert">
      {error.message}
    </Alert>
  );
}
