import { Button } from '@mantine/core';
import { GuardedButton } from './guarded-button';

interface RemoveButtonProps {
  label: string;
  /** What the button says. */
  verb?: string;
  isPending: boolean;
  reason: string | undefined;
  onClick: () => void;
}

/** Removes a row; where that is not allowed it says why. */
export function RemoveButton({ label, verb = 'Remove', isPending, reason, onClick }: RemoveButtonProps) {
  const props = { size: 'compact-sm', variant: 'subtle', loading: isPending } as const;
  if (reason !== undefined) {
    return (
      <GuardedButton {...props} reason={reason} aria-label={label}>
        {verb}
      </GuardedButton>
    );
  }
  return (
    <Button {...props} color="red" aria-label={label} onClick={onClick}>
      {verb}
    </Button>
  );
}
