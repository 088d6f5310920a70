import { Button, Tooltip, type ButtonProps } from '@mantine/core';
import type { MouseEventHandler, ReactNode } from 'react';

interface GuardedButtonProps extends ButtonProps {
  /** Why it cannot be used now: it is disabled then, and says so. */
  reason?: string | undefined;
  onClick?: MouseEventHandler<HTMLButtonElement>;
  type?: 'button' | 'submit';
  children: ReactNode;
}

/** A button that says why it is disabled, at the pointer and at the focus. */
export function GuardedButton({ reason, onClick, type = 'button', ...rest }: GuardedButtonProps) {
  if (reason === undefined) return <Button {...rest} type={type} {...(onClick ? { onClick } : {})} />;
  return (
    <Tooltip label={reason} multiline maw={320} events={{ hover: true, focus: true, touch: true }}>
      <Button {...rest} type="button" data-disabled aria-disabled onClick={(event) => event.preventDefault()} />
    </Tooltip>
  );
}
