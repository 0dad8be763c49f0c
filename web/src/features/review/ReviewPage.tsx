import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { CalendarClock, Download, Pencil, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { AccessReview } from "@/api/types";
import { useCan } from "@/app/me";
import { goTo } from "@/app/navigate";
import { useNames } from "@/app/useNames";
import { Callout } from "@/components/Callout";
import { Card } from "@/components/Card";
import { Confirm } from "@/components/Confirm";
import { Detail, Facts } from "@/components/Detail";
import { EmptyState } from "@/components/EmptyState";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { Progress } from "@/components/Progress";
import { RelativeTime } from "@/components/RelativeTime";
import { toast } from "@/components/toast";
import { drop, reportHref, reviewQuery } from "./data";
import { EndReview } from "./EndReview";
import { Items } from "./Items";
import { ReviewForm } from "./ReviewForm";
import { ReviewState } from "./ReviewState";

/** One review: how far it is, what waits for the reader, and the report once it has ended. */
export function ReviewPage() {
  const { t } = useTranslation();
  const { id } = useParams({ strict: false }) as { id: string };
  const query = useQuery({ ...reviewQuery(id), refetchInterval: (now) => (now.state.data?.state === "ending" ? 2000 : false) });
  if (query.isPending) {
    return <Loading rows={6} height={48} />;
  }
  const review = query.data;
  if (!review) {
    return <ErrorState error={query.error} retry={() => void query.refetch()} />;
  }
  const { counts, state } = review;
  return (
    <Detail back={{ to: "/reviews", label: t("nav.reviews") }} title={review.name} badges={<ReviewState state={state} />} actions={<Actions review={review} />} facts={<About review={review} />}>
      {state === "planned" ? (
        <EmptyState icon={CalendarClock} title={t("review.planned")} text={t("review.plannedText")} />
      ) : (
        <>
          <Progress label={t("review.progress")} done={counts.items - counts.open} total={counts.items} state={state === "ended" ? "done" : "running"} />
          {state === "running" && counts.nobody > 0 && (
            <Callout tone="pending" title={t("review.nobodyTitle", { count: counts.nobody })}>
              {t("review.nobodyText")}
            </Callout>
          )}
          <Items review={review} />
        </>
      )}
    </Detail>
  );
}

function Actions({ review }: { review: AccessReview }) {
  const { t } = useTranslation();
  const [editing, setEditing] = useState(false);
  const [dropping, setDropping] = useState(false);
  if (!useCan()("admin.reviews")) {
    return null;
  }
  if (review.state === "ended") {
    return (
      <Button component="a" href={reportHref(review)} download leftSection={<Download size={16} aria-hidden="true" />}>
        {t("review.report")}
      </Button>
    );
  }
  return (
    <>
      {review.state !== "ending" && (
        <Button variant="default" leftSection={<Pencil size={15} aria-hidden="true" />} onClick={() => setEditing(true)}>
          {t("review.change")}
        </Button>
      )}
      {review.state === "running" && <EndReview review={review} />}
      {review.state === "planned" && (
        <Button variant="default" leftSection={<Trash2 size={15} aria-hidden="true" />} onClick={() => setDropping(true)}>
          {t("review.drop")}
        </Button>
      )}
      <ReviewForm key={review.version} opened={editing} onClose={() => setEditing(false)} review={review} />
      <Confirm
        opened={dropping}
        onClose={() => setDropping(false)}
        title={t("review.dropTitle", { name: review.name })}
        action={t("review.drop")}
        onConfirm={async () => {
          await drop(review);
          toast(t("review.dropped", { name: review.name }));
          goTo("/reviews");
        }}
      >
        {t("review.dropText")}
      </Confirm>
    </>
  );
}

const names = (ids: readonly string[], of: Map<string, string>) => ids.map((id) => of.get(id) ?? "…").join(", ");

function About({ review }: { review: AccessReview }) {
  const { t, i18n } = useTranslation();
  const { counts, team_ids, customer_ids } = review;
  const teams = useNames("teams", team_ids);
  const customers = useNames("customers", customer_ids);
  const number = new Intl.NumberFormat(i18n.language);
  return (
    <Card title={t("review.about")}>
      <Facts
        items={[
          [t("review.starts"), <RelativeTime key="starts" at={review.started_at ?? review.starts_at} />],
          review.ended_at ? [t("review.endedAt"), <RelativeTime key="ended" at={review.ended_at} />] : [t("review.ends"), <RelativeTime key="due" at={review.due_at} />],
          [t("review.of"), team_ids.length + customer_ids.length === 0 ? t("review.everybody") : [names(team_ids, teams), names(customer_ids, customers)].filter(Boolean).join(" · ")],
          [t("review.unanswered"), t(review.unanswered === "keep" ? "review.keep" : "review.revoke")],
          [t("review.repeats"), t(review.repeats ? "review.yes" : "review.no")],
          [t("review.answer.confirmed"), number.format(counts.confirmed)],
          [t("review.answer.revoked"), number.format(counts.revoked)],
          counts.flagged > 0 ? [t("review.answer.flagged"), number.format(counts.flagged)] : null,
          counts.kept > 0 ? [t("review.answer.kept"), number.format(counts.kept)] : null,
          counts.gone > 0 ? [t("review.answer.gone"), number.format(counts.gone)] : null,
          review.created_by && [t("review.madeBy"), review.created_by.name],
          review.ended_by && [t("review.endedBy"), review.ended_by.name],
        ]}
      />
    </Card>
  );
}
