import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Card } from "@/components/Card";
import { RelativeTime } from "@/components/RelativeTime";
import desk from "@/features/desk/DeskPage.module.css";
import { useCatalogueForTitles } from "./useCatalogue";
import { useToDecide } from "./waiting";
import { titleOf } from "./words";

/** What waits for this person's decision, the oldest first, for the desk; nothing when there is none. */
export function ToDecide() {
  const { t } = useTranslation();
  const requests = useToDecide();
  useCatalogueForTitles();
  if (requests.length === 0) {
    return null;
  }
  return (
    <Card
      title={t("approval.desk")}
      actions={
        <Link to="/approvals" search={{ view: "decide" } as never}>
          {t("approval.deskAll", { count: requests.length })}
        </Link>
      }
      flush
    >
      <ul className={desk.tickets}>
        {requests
          .slice(-3)
          .toReversed()
          .map((request) => (
            <li key={request.id}>
              <Link to="/approvals/$id" params={{ id: request.id }} data-row>
                <strong>{titleOf(request, t)}</strong>
                <small>{[request.requester.name, request.customer?.name].filter(Boolean).join(" · ")}</small>
              </Link>
              <RelativeTime at={request.created_at} />
            </li>
          ))}
      </ul>
    </Card>
  );
}
