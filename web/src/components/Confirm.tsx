import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { MoveRight } from "lucide-react";
import { type ReactNode, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { AskForm } from "@/features/approval";
import { problemText } from "./problemText";
import { Callout } from "./Callout";
import { Dialog } from "./Dialog";
import { Loading } from "./Loading";
import { askedIn } from "./Refused";
import classes from "./Dialog.module.css";

export interface Change {
  what: string;
  before?: ReactNode;
  after: ReactNode;
}

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
  /** What will be different afterwards, line by line. */
  changes?: Change[];
  /** For what needs the width of a table. */
  wide?: boolean;
  onConfirm: () => Promise<unknown>;
  /** What was tried, for a refusal that lacks an approval and does not name all of it. */
  parameters?: () => Record<string, unknown>;
  /** What follows when it was done without `onConfirm`: by an administrator who took it upon themselves. */
  onDone?: () => void;
  /** Why, where the question asks for it: a second person is told the same. */
  reason?: string;
}

/** Asks before something that cannot simply be undone, and says what will change: in words, and where it helps line by line as `changes`. */
export function Confirm(props: Props) {
  return (
    <Dialog opened={props.opened} onClose={props.onClose} title={props.title} wide={props.wide}>
      <Question {...props} />
    </Dialog>
  );
}

function Changes({ changes }: { changes: Change[] }) {
  const { t } = useTranslation();
  return (
    <dl className={classes.changes}>
      {changes.map(({ what, before, after }) => (
        <div key={what}>
          <dt>{what}</dt>
          <dd>
            {before !== undefined && (
              <>
                <del>{before}</del> <MoveRight size={14} aria-label={t("confirm.becomes")} />{" "}
              </>
            )}
            <ins>{after}</ins>
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Question({ onClose, children, action, typed, danger = true, ready: filled = true, changes, onConfirm, parameters, onDone, reason }: Props) {
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
  const asked = askedIn(error, error === null ? undefined : parameters?.());
  if (asked) {
    return (
      <Suspense fallback={<Loading rows={4} height={36} />}>
        <AskForm asked={asked} onClose={onClose} onDone={onDone} reason={reason} />
      </Suspense>
    );
  }
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
        {changes && changes.length > 0 && <Changes changes={changes} />}
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
