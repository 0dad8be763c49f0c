import { Button } from "@mantine/core";
import { ClipboardCheck, Plus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useCan } from "@/app/me";
import { goTo } from "@/app/navigate";
import { EmptyState } from "@/components/EmptyState";
import { List } from "@/components/list/List";
import { PageHeader } from "@/components/PageHeader";
import { RelativeTime } from "@/components/RelativeTime";
import { load } from "./data";
import { ReviewForm } from "./ReviewForm";
import { ReviewState } from "./ReviewState";

const states = ["planned", "running", "ended"] as const;

/** The reviews of access, newest first, each with how far it is. */
export function ReviewsPage() {
  const { t, i18n } = useTranslation();
  const makes = useCan()("admin.reviews");
  const [making, setMaking] = useState(false);
  const number = new Intl.NumberFormat(i18n.language);
  const add = (
    <Button leftSection={<Plus size={16} aria-hidden="true" />} onClick={() => setMaking(true)}>
      {t("review.new")}
    </Button>
  );
  return (
    <>
      <PageHeader title={t("nav.reviews")} text={t("review.text")} actions={makes && add} />
      <List
        label={t("nav.reviews")}
        queryKey={["access-reviews", "list"]}
        load={load}
        rowId={(x) => x.id}
        href={(x) => `/reviews/${x.id}`}
        search={false}
        filters={[{ key: "state", label: t("review.stateField"), pinned: true, options: states.map((value) => ({ value, label: t(`review.state.${value}`) })) }]}
        secondary={(x) => (x.counts.mine > 0 ? t("review.waiting", { count: x.counts.mine }) : t("review.answered", { done: number.format(x.counts.items - x.counts.open), total: number.format(x.counts.items) }))}
        empty={
          makes ? (
            <EmptyState icon={ClipboardCheck} title={t("review.none")} text={t("review.noneText")} guide="administrator#access-reviews" />
          ) : (
            <EmptyState icon={ClipboardCheck} title={t("review.noneMine")} text={t("review.noneMineText")} guide="administrator#access-reviews" />
          )
        }
        columns={[
          { key: "name", header: t("review.name"), cell: (x) => x.name },
          { key: "mine", header: t("review.mine"), width: "130px", hide: "tablet", cell: (x) => (x.counts.mine > 0 ? number.format(x.counts.mine) : "–") },
          { key: "done", header: t("review.done"), width: "150px", hide: "tablet", cell: (x) => (x.state === "planned" ? "–" : t("progress.of", { done: number.format(x.counts.items - x.counts.open), total: number.format(x.counts.items) })) },
          { key: "state", header: t("review.stateField"), width: "130px", cell: (x) => <ReviewState state={x.state} /> },
          { key: "due", header: t("review.ends"), width: "160px", hide: "phone", cell: (x) => <RelativeTime at={x.ended_at ?? x.due_at} /> },
        ]}
      />
      <ReviewForm opened={making} onClose={() => setMaking(false)} onSaved={(made) => goTo(`/reviews/${made.id}`)} />
    </>
  );
}
