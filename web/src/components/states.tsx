import { Alert, Button, Center, Skeleton, Stack, Text, Title } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { ReactNode } from 'react';

/** What went wrong and what to do, with a way to try again. */
export function ErrorNote({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  return (
    <Alert color="red" icon={<IconAlertTriangle />} title="This could not be loaded" role="alert">
      <Stack align="flex-start" gap="sm">
        <Text size="sm">
          {error instanceof Error ? error.message : 'Something went wrong in this page; reload it.'}
        </Text>
        {onRetry ? (
          <Button size="xs" variant="light" color="red" onClick={onRetry}>
            Try again
          </Button>
        ) : null}
      </Stack>
    </Alert>
  );
}

/** Nothing here yet: why, and what to do first. */
export function Empty({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <Center py={56} px="md">
      <Stack align="center" gap="xs" maw={460} ta="center">
        <Title order={3} size="h4">
          {title}
        </Title>
        <Text c="dimmed" size="sm" component="div">
          {children}
        </Text>
        {action}
      </Stack>
    </Center>
  );
}

/** Grey bars where rows will be, as high as the rows. */
export function SkeletonRows({ count = 8, height = 24 }: { count?: number; height?: number }) {
  return (
    <Stack gap="sm" py="sm" role="status" aria-busy="true" aria-label="Loading">
      {Array.from({ length: count }, (_unused, index) => (
        <Skeleton key={index} height={height} />
      ))}
    </Stack>
  );
}

/** Shows what a query has: bars while it loads, the error, or the data. */
export function Loaded<Data>({
  query,
  children,
}: {
  query: { data: Data | undefined; error: unknown; refetch: () => unknown };
  children: (data: Data) => ReactNode;
}) {
  if (query.data !== undefined) return children(query.data);
  if (query.error) return <ErrorNote error={query.error} onRetry={() => void query.refetch()} />;
  return <SkeletonRows />;
}
