import { Button } from "@mantine/core";
import type { QueryKey } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Choice } from "@/components/form/RemoteSelect";
import { RemoteMultiSelect } from "@/components/form/RemoteMultiSelect";
import classes from "./Team.module.css";

interface Props {
  label: string;
  queryKey: QueryKey;
  load: (q: string) => Promise<Choice[]>;
  onTake: (ids: string[]) => Promise<unknown>;
}

/** Finds people or customers and takes them into a team. */
export function TakeIn({ label, queryKey, load, onTake }: Props) {
  const { t } = useTranslation();
  const [chosen, setChosen] = useState<string[]>([]);
  const [busy, setBusy] = useState(false);
  const take = async () => {
    setBusy(true);
    try {
      await onTake(chosen);
      setChosen([]);
    } catch {
      // Said in the corner; what was chosen stays, to be tried again.
    } finally {
      setBusy(false);
    }
  };
  return (
    <form
      className={classes.add}
      onSubmit={(event) => {
        event.preventDefault();
        if (chosen.length > 0) {
          void take();
        }
      }}
    >
      <RemoteMultiSelect aria-label={label} placeholder={chosen.length === 0 ? label : undefined} queryKey={queryKey} load={load} value={chosen} onChange={setChosen} />
      <Button type="submit" variant="default" disabled={chosen.length === 0} loading={busy}>
        {t("team.take")}
      </Button>
    </form>
  );
}
