import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { problemText } from "./problemText";
import { Callout } from "./Callout";
import { Dialog } from "./Dialog";

interface Props {
  opened: boolean;
  onClose: () => void;
  title: string;
  children: ReactNode;
  action: string;
  /** When given, this has to be typed first: for what cannot be undone. */
  typed?: string;
  danger?: boolean;
  /** Whether what the question asks for is filled in. */
  ready?: boolean;
  onConfirm: () => Promise<unknown>;
}

/** Asks before something that cannot simply be undone, and says what will change. */
export function Confirm(props: Props) {
  return (
    <Dialog opened={props.opened} onClose={props.onClose} title={props.title}>
      <Question {...props} />
    </Dialog>
  );
}

function Question({ onClose, children, action, typed, danger = true, ready: filled = true, onConfirm }: Props) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const ready = filled && (typed === undefined || text.trim() === typed.trim());
  const confirm = async () => {
    setBusy(true);
    setError(null);
    try {
      await onConfirm();
      onClose();
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        if (ready) {
          void confirm();
        }
      }}
    >
      <Stack>
        <Text component="div">{children}</Text>
        {typed !== undefined && (
          <TextInput
            data-autofocus
            label={t("confirm.type", { name: typed })}
            value={text}
            autoComplete="off"
            onChange={(e) => setText(e.currentTarget.value)}
          />
        )}
        {error !== null && <Callout tone="denied">{problemText(error, t)}</Callout>}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} data-autofocus={typed === undefined || undefined}>
            {t("cancel")}
          </Button>
          <Button type="submit" color={danger ? "red.9" : undefined} loading={busy} disabled={!ready}>
            {action}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
