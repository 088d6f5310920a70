import { notifications } from '@mantine/notifications';

export function showDone(message: string): void {
  notifications.show({ message, color: 'teal', autoClose: 4_000 });
}

/** Errors stay until they are closed: they say what to do, and that takes reading. */
export function showError(error: unknown): void {
  const message = error instanceof Error ? error.message : 'Something went wrong in this page; reload it.';
  notifications.show({ title: 'That did not work', message, color: 'red', autoClose: false });
}
