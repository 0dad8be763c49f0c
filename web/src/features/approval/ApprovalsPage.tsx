import { SegmentedControl } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { UserCheck } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useCan } from "@/app/me";
import { EmptyState } from "@/components/EmptyState";
import { List } from "@/components/list/List";
import { PageHeader } from "@/components/PageHeader";
import { RelativeTime } from "@/components/RelativeTime";
import { ApprovalState } from "./ApprovalState";
import classes from "./Approval.module.css";
import { load } from "./data";
import { LendButton } from "./LendButton";
import { useCatalogueForTitles } from "./useCatalogue";
import { titleOf } from "./words";

const views = ["decide", "mine", "all"] as const;
type View = (typeof views)[number];

const fixed: Record<View, Record<string, string>> = { decide: { to_decide: "true" }, mine: { mine: "true" }, all: {} };
const states = ["pending", "approved", "executed", "failed", "refused", "withdrawn", "expired"] as const;

/** What takes two people: what waits for one's decision, what one asked for, and everything that one may read. */
export function ApprovalsPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const can = useCan();
  const search = useSearch({ strict: false }) as { view?: string };
  const offered = can("approval.decide") ? views : views.slice(1);
  const view = offered.find((x) => x === search.view) ?? offered[0] ?? "mine";
  useCatalogueForTitles();
  return (
    <>
      <PageHeader title={t("nav.approvals")} text={t("approval.text")} actions={<LendButton />} />
      <SegmentedControl
        className={classes.views}
        aria-label={t("approval.viewsLabel")}
        value={view}
        onChange={(next) => void navigate({ to: ".", search: { view: next } as never, replace: true, resetScroll: false })}
        data={offered.map((value) => ({ value, label: t(`approval.views.${value}`) }))}
      />
      <List
        key={view}
        label={t("approval.list")}
        queryKey={["approvals", "list", view]}
        load={load}
        rowId={(x) => x.id}
        href={(x) => `/approvals/${x.id}`}
        search={false}
        fixed={fixed[view]}
        filters={view === "decide" ? [] : [{ key: "state", label: t("approval.stateField"), pinned: true, options: states.map((value) => ({ value, label: t(`approval.state.${value}`) })) }]}
        secondary={(x) => [x.requester.name, x.customer?.name].filter(Boolean).join(" · ")}
        empty={
          view === "decide" ? (
            <EmptyState icon={UserCheck} title={t("approval.noneDecide")} text={t("approval.noneDecideText")} guide="administrator#two-people" />
          ) : view === "mine" ? (
            <EmptyState icon={UserCheck} title={t("approval.noneMine")} text={t("approval.noneMineText")} guide="technician#asking-a-second-person-and-being-one" />
          ) : (
            <EmptyState icon={UserCheck} title={t("approval.none")} guide="administrator#two-people" />
          )
        }
        columns={[
          { key: "what", header: t("approval.what"), cell: (x) => titleOf(x, t) },
          { key: "who", header: t("approval.who"), width: "170px", hide: "tablet", cell: (x) => x.requester.name },
          { key: "customer", header: t("approval.customer"), width: "180px", hide: "tablet", cell: (x) => x.customer?.name ?? "" },
          { key: "state", header: t("approval.stateField"), width: "130px", cell: (x) => <ApprovalState state={x.state} /> },
          { key: "at", header: t("approval.askedAt"), width: "150px", hide: "phone", cell: (x) => <RelativeTime at={x.created_at} /> },
        ]}
      />
    </>
  );
}
