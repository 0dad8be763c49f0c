import { Button, Group } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { MessageSquareText } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import type { Contact } from "@/api/types";
import { queries } from "@/app/services";
import { Dialog } from "@/components/Dialog";
import { ErrorState } from "@/components/ErrorState";
import type { Selection } from "@/components/list/BulkBar";
import { Loading } from "@/components/Loading";
import { problemText, reasonText } from "@/components/problemText";
import { toast } from "@/components/toast";
import { WaySelect } from "./AskDialog";
import classes from "./Consent.module.css";

/** Asks many contacts for consent, after somebody has looked through who can be asked. */
export function BulkAsk({ selection }: { selection: Selection<Contact> }) {
  const { t } = useTranslation();
  const [opened, setOpened] = useState(false);
  return (
    <>
      <Button size="compact-md" leftSection={<MessageSquareText size={14} />} onClick={() => setOpened(true)}>
        {t("consent.askMany")}
      </Button>
      <Dialog opened={opened} onClose={() => setOpened(false)} title={t("consent.review.title")} wide>
        {opened && <Review selection={selection} onClose={() => setOpened(false)} />}
      </Dialog>
    </>
  );
}

function Review({ selection, onClose }: { selection: Selection<Contact>; onClose: () => void }) {
  const { t } = useTranslation();
  const [way, setWay] = useState("");
  const [sending, setSending] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const whom = selection.all ? { filter: selection.filter as never } : { contact_ids: selection.ids };
  const body = { ...whom, ...(way === "" ? {} : { way: way as "email" }) };
  const review = useQuery({
    queryKey: ["consent-review", body],
    queryFn: () => must(api.POST("/api/opt-in-forms/review", { body })),
    gcTime: 0,
    staleTime: 0,
  });
  const send = async () => {
    setSending(true);
    setProblem(null);
    try {
      await must(api.POST("/api/opt-in-forms/bulk", { body: { ...body, review: review.data?.review ?? "" } }));
      void queries.invalidateQueries({ queryKey: ["tasks"] });
      selection.clear();
      toast(t("consent.started"));
      onClose();
    } catch (error) {
      setProblem(error);
      void review.refetch();
    } finally {
      setSending(false);
    }
  };
  return (
    <>
      <WaySelect value={way} onChange={setWay} />
      {review.isPending ? (
        <Loading rows={4} height={32} />
      ) : review.data ? (
        <>
          <p role="status">{t("consent.review.summary", { count: review.data.askable, total: review.data.total })}</p>
          <ul className={classes.review} tabIndex={0} aria-label={t("consent.review.title")}>
            {review.data.items
              .toSorted((a, b) => Number(a.can_ask) - Number(b.can_ask))
              .map((v) => (
                <li key={v.contact_id}>
                  <span>
                    {v.name} <span className={classes.soft}>{v.customer_name}</span>
                  </span>
                  <span className={classes.soft}>{v.can_ask ? v.sent_to : reasonText(v.reason ?? "", t)}</span>
                </li>
              ))}
          </ul>
        </>
      ) : (
        <ErrorState error={review.error} retry={() => void review.refetch()} />
      )}
      {problem !== null && <p role="alert">{problemText(problem, t)}</p>}
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {t("cancel")}
        </Button>
        <Button loading={sending} disabled={!review.data || review.data.askable === 0 || review.isFetching} onClick={() => void send()}>
          {t("consent.review.send", { count: review.data?.askable ?? 0 })}
        </Button>
      </Group>
    </>
  );
}
