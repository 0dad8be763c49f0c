import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Verification } from "@/api/types";
import { RelativeTime } from "@/components/RelativeTime";
import { StateBadge } from "@/components/StateBadge";
import { ReceiptLink } from "../ReceiptLink";
import { Level } from "./MethodRow";
import classes from "./Panel.module.css";

/** The last verifications, of whatever outcome. */
export function History({ items }: { items: Verification[] }) {
  const { t } = useTranslation();
  if (items.length === 0) {
    return <p className={classes.none}>{t("panel.historyNone")}</p>;
  }
  return (
    <ul className={classes.history}>
      {items.map((v) => (
        <li key={v.id}>
          <StateBadge state={v.state} />
          <span className={classes.how}>
            {t(`method.${v.method as "sms_code"}.name`)} <Level level={v.level} />
            <small>{v.address_masked}</small>
          </span>
          <span className={classes.by}>
            {v.technician.name}
            {v.ticket_id && (
              <>
                {" · "}
                <Link to="/tickets/$id" params={{ id: v.ticket_id }}>
                  #{v.ticket_number}
                </Link>
              </>
            )}
            {v.note && <small>{v.note}</small>}
          </span>
          <span>
            <RelativeTime at={v.ended_at ?? v.created_at} />
            {v.state !== "pending" && <ReceiptLink id={v.id} name={v.contact_name} />}
          </span>
        </li>
      ))}
    </ul>
  );
}
