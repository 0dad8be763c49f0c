import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import type { Query } from "@/api/types";
import { EmptyState } from "@/components/EmptyState";
import { List } from "@/components/list/List";
import { RelativeTime } from "@/components/RelativeTime";
import { actionText } from "@/features/auditlog/actions";
import { Changes } from "@/features/auditlog/Changes";
import { fieldText } from "@/features/auditlog/fields";

/** Who changed what of a contact, for everybody who may see the contact. */
export function HistoryTab({ contactId }: { contactId: string }) {
  const { t } = useTranslation();
  return (
    <List
      label={t("history.title")}
      queryKey={["contacts", contactId, "history"]}
      load={(query: Query<"/api/contacts/{id}/history">, signal: AbortSignal) =>
        must(api.GET("/api/contacts/{id}/history", { params: { path: { id: contactId }, query }, signal }))
      }
      search={false}
      rowId={(item) => `${item.at} ${item.action}`}
      expand={(item) => (Object.keys(item.changes).length > 0 ? <Changes changes={item.changes} /> : <p>{t("history.nothing")}</p>)}
      empty={<EmptyState title={t("history.none")} />}
      columns={[
        {
          key: "action",
          header: t("audit.action"),
          cell: (item) => (
            <span>
              {actionText(item.action, t)}{" "}
              <span style={{ color: "var(--cs-ink-soft)", fontWeight: 400 }}>
                {item.action === "contact.create" ? "" : Object.keys(item.changes).map((field) => fieldText(field, t)).join(", ")}
              </span>
            </span>
          ),
        },
        { key: "actor", header: t("audit.actor"), hide: "phone", cell: (item) => item.actor.name || t(`actor.${item.actor.type as "system"}`, { defaultValue: item.actor.type }) },
        { key: "at", header: t("audit.at"), width: "160px", cell: (item) => <RelativeTime at={item.at} /> },
      ]}
    />
  );
}
