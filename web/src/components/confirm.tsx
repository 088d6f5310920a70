import { Button, Group, Modal, Text } from '@mantine/core';
import { createContext, useCallback, useContext, useRef, useState, type ReactNode } from 'react';

export interface Question {
  title: string;
  /** What will happen, and whether it can be undone. */
  text: ReactNode;
  /** The verb on the button: "Delete endpoint". */
  action: string;
  isDangerous?: boolean;
}
type Ask = (question: Question) => Promise<boolean>;

const AskContext = createContext<Ask>(() => Promise.resolve(false));

/** `const ask = useConfirm(); if (await ask({ title, text, action })) …` */
export function useConfirm(): Ask {
  return useContext(AskContext);
}

export function ConfirmProvider({ children }: { children: ReactNode }) {
  const [question, setQuestion] = useState<Question>();
  const [isOpen, setIsOpen] = useState(false);
  const answer = useRef<(isYes: boolean) => void>(undefined);
  const ask = useCallback<Ask>((asked) => {
    setQuestion(asked);
    setIsOpen(true);
    return new Promise((resolve) => (answer.current = resolve));
  }, []);
  const close = (isYes: boolean): void => {
    answer.current?.(isYes);
    setIsOpen(false);
  };
  return (
    <AskContext value={ask}>
      {children}
      <Modal opened={isOpen} onClose={() => close(false)} title={question?.title} centered>
        <Text component="div" size="sm">
          {question?.text}
        </Text>
        <Group justify="flex-end" mt="lg">
          <Button variant="default" onClick={() => close(false)}>
            Keep as it is
          </Button>
          <Button color={question?.isDangerous ? 'red' : 'indigo'} onClick={() => close(true)} data-autofocus>
            {question?.action}
          </Button>
        </Group>
      </Modal>
    </AskContext>
  );
}
