import { Send } from "lucide-react";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Delivery } from "@/api/types";
import { useCan } from "@/app/me";
import { EmptyState } from "@/components/EmptyState";
import { Forbidden } from "@/components/Forbidden";
import { FilterDate } from "@/components/list/FilterFields";
import { GivenFilter } from "@/components/list/GivenFilter";
import { List } from "@/components/list/List";
import listClasses from "@/components/list/List.module.css";
import type { Filter } from "@/components/list/Toolbar";
import { PageHeader } from "@/components/PageHeader";
import { RelativeTime } from "@/components/RelativeTime";
import { BulkResend } from "./BulkResend";
import { load } from "./data";
import { DeliveryState } from "./DeliveryState";
import { MessageDrawer } from "./MessageDrawer";
import classes from "./Outbox.module.css";

const states = ["planned", "sending", "unknown", "sent", "delivered", "failed", "expired", "refused"] as const;
const ways = ["sms", "voice", "email"] as const;

/** What became of every message; those that could not be sent can be sent again. */
export function OutboxPage() {
  const { t } = useTranslation();
  const can = useCan();
  const navigate = useNavigate();
  const filters = useFilters();
  const { message } = useSearch({ strict: false }) as { message?: string };
  const open = (id?: string) => void navigate({ to: ".", search: ((old: object) => ({ ...old, message: id })) as never, resetScroll: false });
  if (!can("verification.run")) {
    return <Forbidden permission="verification.run" />;
  }
  return (
    <>
      <PageHeader title={t("nav.messages")} text={t("outbox.text")} />
      <List
        name="deliveries"
        label={t("nav.messages")}
        queryKey={["deliveries", "list"]}
        load={load}
        rowId={(d) => d.id}
        search={can("contact.view")}
        presets={[
          { name: t("outbox.preset.all"), search: {} },
          { name: t("outbox.preset.dead"), search: { dead: "true" } },
          { name: t("outbox.preset.waiting"), search: { state: "planned,sending,unknown" } },
        ]}
        filters={filters}
        secondary={(d) => [d.contact_name && d.to_masked, t(`outbox.purpose.${d.purpose}`), t(`outbox.ways.${d.way}`)].filter(Boolean).join(" · ")}
        bulk={can("message.resend") ? (selection) => <BulkResend selection={selection} /> : undefined}
        empty={<EmptyState icon={Send} title={t("outbox.none")} text={t("outbox.noneText")} guide="technician#messages-that-did-not-arrive" />}
        columns={[
          {
            key: "to",
            header: t("outbox.to"),
            cell: (d: Delivery) => (
              <button type="button" className={listClasses.primary} data-row onClick={() => open(d.id)}>
                {d.contact_name ? (
                  <>
                    {d.contact_name} <span className={classes.address}>{d.to_masked}</span>
                  </>
                ) : (
                  d.to_masked
                )}
              </button>
            ),
          },
          { key: "what", header: t("outbox.what"), width: "190px", hide: "tablet", cell: (d) => t(`outbox.purpose.${d.purpose}`) },
          { key: "way", header: t("outbox.way"), width: "90px", hide: "tablet", cell: (d) => t(`outbox.ways.${d.way}`) },
          { key: "state", header: t("outbox.state"), width: "150px", cell: (d) => <DeliveryState delivery={d} /> },
          { key: "at", header: t("outbox.at"), width: "150px", hide: "phone", cell: (d) => <RelativeTime at={d.created_at} /> },
        ]}
      />
      <MessageDrawer id={message} onClose={() => open()} onOpen={open} />
    </>
  );
}

function useFilters(): Filter[] {
  const { t } = useTranslation();
  return [
    { key: "state", label: t("outbox.state"), pinned: true, options: states.map((value) => ({ value, label: t(`outbox.states.${value}`) })) },
    { key: "way", label: t("outbox.way"), pinned: true, options: ways.map((value) => ({ value, label: t(`outbox.ways.${value}`) })) },
    { key: "dead", label: t("outbox.dead"), options: [{ value: "true", label: t("outbox.deadOnly") }] },
    { key: "since", label: t("outbox.since"), render: (value, set) => <FilterDate label={t("outbox.since")} value={value} set={set} /> },
    {
      key: "contact_id",
      label: t("outbox.contact"),
      render: (value, set) => <GivenFilter label={t("outbox.contact")} value={value} onClear={() => set(undefined)} />,
    },
  ];
}
